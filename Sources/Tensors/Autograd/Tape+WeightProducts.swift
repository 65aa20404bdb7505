/// Matrix products with weights, whichever form those have.
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
        if let values = weight.floats {
            multiply(
                x, .asStored, values, .transposed, into: y, m: m, n: n, k: k, adds: adds, isTrained: weight.isTrained)
            return
        }
        forEachTile(of: weight) { rows, tile in
            BLAS.multiply(
                x, .asStored, tile, .transposed, into: y + rows.lowerBound, m: m, n: rows.count, k: k,
                beta: adds ? 1 : 0, resultStride: n)
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
        forEachTile(of: weight) { rows, tile in
            BLAS.multiply(
                x + rows.lowerBound, .asStored, tile, .asStored, into: y, m: m, n: k, k: rows.count,
                beta: adds || rows.lowerBound > 0 ? 1 : 0, firstStride: n)
        }
    }

    /// The rows of a weight as Float32, a few at a time, so that they stay in the processor's cache.
    private func forEachTile(of weight: Weight, _ body: (Range<Int>, UnsafePointer<Float>) -> Void) {
        let height = max(16, Tape.tileElements / weight.columns / 16 * 16)
        let tile = scratch(height * weight.columns)
        for start in stride(from: 0, to: weight.rows, by: height) {
            let rows = start..<min(start + height, weight.rows)
            weight.read(rows, into: tile)
            body(rows, tile)
        }
    }

    /// Half a megabyte.
    private static let tileElements = 1 << 17
}
