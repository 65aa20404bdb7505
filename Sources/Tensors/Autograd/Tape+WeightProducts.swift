/// How a tape multiplies with frozen weights. With neither, results are exact and the same on every thread.
package struct FrozenProducts: Sendable {
    /// Rounds activations to int8 where weights are block-quantised, and many rows to bfloat16 where weights are that, if the
    /// processor multiplies such numbers itself; multiplies few rows with other weights in the form that those are stored in,
    /// which gives sums in another order; and keeps keys and values in half precision where activations may be int8.
    package var roundsActivations = false
    /// Threads among which the rows of a weight, and the heads of attention, are divided. They change no result.
    package var pool: WorkerPool?

    /// Whether keys and values are kept in half precision.
    package var halvesCaches: Bool { roundsActivations && Int8Product.isNative }

    package init(roundsActivations: Bool = false, pool: WorkerPool? = nil) {
        self.roundsActivations = roundsActivations
        self.pool = pool
    }

    /// Runs `body` for each of `count` parts, on several threads if there are as many as `operations` multiplications to do.
    ///
    /// `body` is escaping in form alone, as in ``WorkerPool/run(_:_:)``.
    func divide(_ count: Int, operations: Int, _ body: @escaping (Int) -> Void) {
        guard let pool, pool.threads > 1, count > 1, operations >= Self.fewest else {
            for part in 0..<count { body(part) }
            return
        }
        pool.run(count, body)
    }

    /// Runs `body` for ranges of rows that are worked on one by one, on several threads if that pays.
    ///
    /// Takes no memory where there is but one thread, as in training.
    func divideRows(_ rows: Int, operations: Int, _ body: (Range<Int>) -> Void) {
        let parts = min(pool?.threads ?? 1, rows)
        guard parts > 1, operations >= Self.fewest else { return body(0..<rows) }
        withoutActuallyEscaping(body) { body in
            divide(parts, operations: operations) { part in body(rows * part / parts..<rows * (part + 1) / parts) }
        }
    }

    /// Some 10 µs of work: a thread is woken within two.
    private static let fewest = 1 << 18
}

/// Products with a weight, trained or frozen, which may be stored in another form.
extension Tape {
    /// A matrix product with a weight, trained or frozen, in the tape's precision for such: C = a·b, or added to C. Uses
    /// ``scratch(_:)``.
    func multiply(
        _ a: UnsafePointer<Float>, _ aOrder: BLAS.Order, _ b: UnsafePointer<Float>, _ bOrder: BLAS.Order,
        into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, adds: Bool, isTrained: Bool
    ) {
        if precision.ofProduct(training: isTrained) == .float32 {
            BLAS.multiply(a, aOrder, b, bOrder, into: c, m: m, n: n, k: k, beta: adds ? 1 : 0)
        } else {
            BFloat16Product.multiply(
                a, aOrder, b, bOrder, into: c, m: m, n: n, k: k, beta: adds ? 1 : 0,
                scratch: scratch(BFloat16Product.scratchCount(m: m, n: n, k: k)))
        }
    }

    /// x Wᵀ, or added to y: x [m, k], W [n, k], y [m, n]. Uses ``scratch(_:)``.
    func multiply(
        _ x: UnsafePointer<Float>, transposed weight: Weight, into y: UnsafeMutablePointer<Float>, m: Int, adds: Bool
    ) {
        let (n, k) = (weight.rows, weight.columns)
        if multiplyStored(x, weight, into: y, m: m, adds: adds) { return }
        if let values = weight.floats {
            guard frozenProducts.pool != nil, !weight.isTrained, precision == .float32 else {
                return multiply(
                    x, .asStored, values, .transposed, into: y, m: m, n: n, k: k, adds: adds,
                    isTrained: weight.isTrained)
            }
            forEachTile(of: weight, operations: m * n * k) { rows, _, _ in
                BLAS.multiply(
                    x, .asStored, values + rows.lowerBound * k, .transposed, into: y + rows.lowerBound, m: m,
                    n: rows.count, k: k, beta: adds ? 1 : 0, resultStride: n)
            }
        } else if frozenProducts.roundsActivations, let (matrix, first) = weight.encoded,
            Int8Product.isFast(matrix.storedTypes, rows: m, columns: k)
        {
            multiplyRounded(x, matrix, first..<first + n, into: y, m: m, adds: adds)
        } else if let (matrix, first) = weight.encoded, rounding(weight) == .bfloat16, precision == .float32 {
            multiplyBFloat16(x, matrix, first..<first + n, into: y, m: m, adds: adds)
        } else {
            let rounding = rounding(weight)
            forEachTile(
                of: weight, operations: m * n * k,
                spare: spareCount(m: m, n: Tape.tileHeight(columns: k), k: k, rounding)
            ) {
                rows, tile, spare in
                self.multiply(
                    x, k, tile, .transposed, into: y + rows.lowerBound, m: m, n: rows.count, k: k, adds: adds,
                    resultStride: n, spare, rounding)
            }
        }
    }

    /// A product with rows of a frozen weight that were made Float32; rows of x are `stride` elements apart.
    private func multiply(
        _ x: UnsafePointer<Float>, _ stride: Int, _ tile: UnsafePointer<Float>, _ order: BLAS.Order,
        into y: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, adds: Bool, resultStride: Int,
        _ spare: UnsafeMutablePointer<Float>, _ rounding: Precision
    ) {
        if rounding == .float32 {
            BLAS.multiply(
                x, .asStored, tile, order, into: y, m: m, n: n, k: k, beta: adds ? 1 : 0, firstStride: stride,
                resultStride: resultStride)
        } else {
            BFloat16Product.multiply(
                x, .asStored, tile, order, into: y, m: m, n: n, k: k, beta: adds ? 1 : 0, scratch: spare,
                firstStride: stride, resultStride: resultStride)
        }
    }

    /// Scratch of such a product.
    private func spareCount(m: Int, n: Int, k: Int, _ rounding: Precision) -> Int {
        rounding == .float32 ? 0 : BFloat16Product.scratchCount(m: m, n: n, k: k)
    }

    /// What operands of a product with a frozen weight are rounded to. Weights in bfloat16 stay what they are if activations are
    /// rounded to that as well.
    private func rounding(_ weight: Weight) -> Precision {
        guard frozenProducts.roundsActivations, BFloat16Product.isNative, let (matrix, _) = weight.encoded,
            !matrix.storedTypes.isEmpty, matrix.storedTypes.allSatisfy({ $0 == .bf16 })
        else { return precision.ofProduct(training: false) }
        return .bfloat16
    }

    /// The same with a frozen weight in the form that it is stored in, if that is asked for and faster.
    private func multiplyStored(
        _ x: UnsafePointer<Float>, _ weight: Weight, into y: UnsafeMutablePointer<Float>, m: Int, adds: Bool
    ) -> Bool {
        let most = rounding(weight) == .float32 ? StoredProduct.most : BFloat16Product.fewestForStored - 1
        guard frozenProducts.roundsActivations, !weight.isTrained, precision == .float32, m <= most else {
            return false
        }
        let (n, k) = (weight.rows, weight.columns)
        let parts = min((frozenProducts.pool?.threads ?? 1) * 4, (n + 3) / 4)
        func divide(_ body: @escaping (Range<Int>) -> Void) {
            frozenProducts.divide(parts, operations: m * n * k) { body(Range($0, of: parts, dividing: n, inWhole: 4)) }
        }
        if let values = weight.floats {
            divide { own in
                let bytes = UnsafeRawBufferPointer(start: values + own.lowerBound * k, count: own.count * k * 4)
                StoredProduct.multiply(
                    x, bytes, .f32, into: y + own.lowerBound, m: m, n: own.count, k: k, adds: adds, resultStride: n)
            }
            return true
        }
        guard let (matrix, first) = weight.encoded, !matrix.storedTypes.isEmpty,
            matrix.storedTypes.allSatisfy(StoredProduct.supports)
        else { return false }
        divide { own in
            matrix.readStored(first + own.lowerBound..<first + own.upperBound) { range, type, bytes in
                StoredProduct.multiply(
                    x, bytes, type, into: y + (range.lowerBound - first), m: m, n: range.count, k: k, adds: adds,
                    resultStride: n)
            }
        }
        return true
    }

    /// The same with x rounded to int8.
    private func multiplyRounded(
        _ x: UnsafePointer<Float>, _ matrix: any FrozenMatrix, _ rows: Range<Int>,
        into y: UnsafeMutablePointer<Float>, m: Int, adds: Bool
    ) {
        let (n, k) = (rows.count, matrix.columns)
        let size = Int8Product.packedCount(columns: k)
        let packed = scratch(m * size)
        // Rounding a row takes about as long as multiplying it with 16 rows of weights.
        let height = 16
        frozenProducts.divide((m + height - 1) / height, operations: 16 * m * k) { part in
            let first = part * height
            Int8Product.pack(x + first * k, rows: min(height, m - first), columns: k, into: packed + first * size)
        }
        let parts = min((frozenProducts.pool?.threads ?? 1) * 4, (n + height - 1) / height)
        frozenProducts.divide(parts, operations: m * n * k) { part in
            let own = Range(part, of: parts, dividing: n, inWhole: height)
            matrix.readStored(rows.lowerBound + own.lowerBound..<rows.lowerBound + own.upperBound) {
                range, type, bytes in
                Int8Product.multiply(
                    packed, bytes, type, into: y + (range.lowerBound - rows.lowerBound), m: m, n: range.count, k: k,
                    adds: adds, resultStride: n)
            }
        }
    }

    /// The same with weights in bfloat16 and x rounded to that.
    private func multiplyBFloat16(
        _ x: UnsafePointer<Float>, _ matrix: any FrozenMatrix, _ rows: Range<Int>,
        into y: UnsafeMutablePointer<Float>, m: Int, adds: Bool
    ) {
        let (n, k) = (rows.count, matrix.columns)
        let size = BFloat16Product.roundedCount(columns: k)
        let rounded = scratch(m * size)
        let height = 16
        frozenProducts.divide((m + height - 1) / height, operations: 16 * m * k) { part in
            let first = part * height
            BFloat16Product.round(
                x + first * k, rows: min(height, m - first), columns: k, into: rounded + first * size)
        }
        let parts = min((frozenProducts.pool?.threads ?? 1) * 4, (n + height - 1) / height)
        frozenProducts.divide(parts, operations: m * n * k) { part in
            let own = Range(part, of: parts, dividing: n, inWhole: height)
            matrix.readStored(rows.lowerBound + own.lowerBound..<rows.lowerBound + own.upperBound) { range, _, bytes in
                BFloat16Product.multiply(
                    rounded, bytes, into: y + (range.lowerBound - rows.lowerBound), m: m, n: range.count, k: k,
                    adds: adds, resultStride: n)
            }
        }
    }

    /// x W, or added to y: x [m, n], W [n, k], y [m, k]. Uses ``scratch(_:)``.
    func multiply(
        _ x: UnsafePointer<Float>, _ weight: Weight, into y: UnsafeMutablePointer<Float>, m: Int, adds: Bool
    ) {
        let (n, k) = (weight.rows, weight.columns)
        if let values = weight.floats {
            multiply(
                x, .asStored, values, .asStored, into: y, m: m, n: k, k: n, adds: adds, isTrained: weight.isTrained)
            return
        }
        // Each tile adds to the whole result: one after the other.
        let rounding = precision.ofProduct(training: false)
        forEachTile(
            of: weight, operations: 0, spare: spareCount(m: m, n: k, k: Tape.tileHeight(columns: k), rounding)
        ) {
            rows, tile, spare in
            self.multiply(
                x + rows.lowerBound, n, tile, .asStored, into: y, m: m, n: k, k: rows.count,
                adds: adds || rows.lowerBound > 0, resultStride: k, spare, rounding)
        }
    }

    /// The rows of a weight as Float32, a few at a time, so that they stay in the processor's cache.
    ///
    /// Tiles are the same for every number of threads, and of an even number of rows but for the last. Of a weight that is
    /// Float32 in place nothing is copied: `body` gets its rows.
    ///
    /// - Parameter spare: How many floats of scratch `body` needs for a tile: its last argument.
    private func forEachTile(
        of weight: Weight, operations: Int, spare: Int = 0,
        _ body: @escaping (Range<Int>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let (n, k) = (weight.rows, weight.columns)
        let height = Tape.tileHeight(columns: k)
        let tiles = (n + height - 1) / height
        func range(_ tile: Int) -> Range<Int> { tile * height..<min((tile + 1) * height, n) }
        if let values = weight.floats {
            let none = scratch(0)
            return frozenProducts.divide(tiles, operations: operations) {
                body(range($0), values + $0 * height * k, none)
            }
        }
        // A buffer for each thread's share of the tiles.
        let shares = operations == 0 ? 1 : min(frozenProducts.pool?.threads ?? 1, tiles)
        // In whole lines of memory.
        let (tileSize, size) = (height * k, height * k + (spare + 15) / 16 * 16)
        let buffers = scratch(shares * size)
        frozenProducts.divide(shares, operations: operations) { share in
            let buffer = buffers + share * size
            for tile in stride(from: share, to: tiles, by: shares) {
                weight.read(range(tile), into: buffer)
                body(range(tile), buffer, buffer + tileSize)
            }
        }
    }

    /// Rows of a tile of half a megabyte.
    private static func tileHeight(columns: Int) -> Int { max(16, (1 << 17) / columns / 16 * 16) }
}

extension Range<Int> {
    /// One of several parts of 0..<count, of about the same size and in whole multiples of `unit` but for the last.
    fileprivate init(_ part: Int, of parts: Int, dividing count: Int, inWhole unit: Int) {
        let units = (count + unit - 1) / unit
        self = units * part / parts * unit..<Swift.min(units * (part + 1) / parts * unit, count)
    }
}
