import Foundation
import Tensors
import Testing

/// Rows of a, columns of b, and the length of their products; tiles are of 12 rows and 32 columns or 6 and 64, or less at
/// the edges, blocks of 504 rows and 512 of k.
private let shapes: [(m: Int, n: Int, k: Int)] =
    [
        (1, 1, 1), (1, 37, 5), (12, 32, 32), (13, 33, 31), (11, 16, 64), (29, 17, 2), (5, 95, 130), (3, 48, 1031),
        (509, 7, 3), (0, 5, 3), (5, 0, 3), (5, 7, 0), (24, 64, 512),
    ] + (1...12).flatMap { [($0, 37, 3), ($0, 80, 9)] }
private let orders: [BLAS.Order] = [.asStored, .transposed]
private let paths: [BFloat16Product.Path] = BFloat16Product.isNative ? [.native, .portable] : [.portable]

/// One product's operands: a [m, k] and b [k, n] (or their transposes) and the old C [m, n].
private struct Operands {
    let (m, n, k): (Int, Int, Int)
    let aOrder: BLAS.Order
    let bOrder: BLAS.Order
    var a: [Float]
    var b: [Float]
    var c: [Float]

    init(_ shape: (m: Int, n: Int, k: Int), _ aOrder: BLAS.Order, _ bOrder: BLAS.Order, seed: UInt64) {
        (m, n, k) = shape
        (self.aOrder, self.bOrder) = (aOrder, bOrder)
        var random = RandomGenerator(seed: seed, m, n, k)
        a = (0..<m * k).map { _ in random.normal() }
        b = (0..<k * n).map { _ in random.normal() }
        c = (0..<m * n).map { _ in random.normal() }
    }

    func left(_ row: Int, _ i: Int) -> Float { aOrder == .asStored ? a[row * k + i] : a[i * m + row] }
    func right(_ i: Int, _ column: Int) -> Float { bOrder == .asStored ? b[i * n + column] : b[column * k + i] }

    func product(beta: Float, path: BFloat16Product.Path = BFloat16Product.path) -> [Float] {
        var result = c
        let scratch = FloatStorage(count: BFloat16Product.scratchCount(m: m, n: n, k: k))
        BFloat16Product.multiply(
            a, aOrder, b, bOrder, into: &result, m: m, n: n, k: k, beta: beta, scratch: scratch.base, path: path)
        return result
    }

    /// The sum as it is specified, with the sum of its terms' magnitudes.
    func expected(_ row: Int, _ column: Int, beta: Float) -> (value: Float, exact: Double, size: Double) {
        let old = beta == 0 ? 0 : c[row * n + column]
        var (value, exact, size) = (old, Double(old), Double(abs(old)))
        for pair in stride(from: 0, to: k, by: 2) {
            for i in [pair + 1, pair] where i < k {
                let (x, y) = (nearest(left(row, i)), nearest(right(i, column)))
                value.addProduct(x, y)
                exact += Double(x) * Double(y)
                size += abs(Double(x) * Double(y))
            }
        }
        return (value, exact, size)
    }
}

/// The bfloat16, which has 8 significant bits, nearest to a normal number.
private func nearest(_ x: Float) -> Float {
    if x == 0 { return 0 }
    let step = x.ulp * 0x1p16
    return (x / step).rounded(.toNearestOrEven) * step
}

private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

@Suite("bfloat16 products")
struct BFloat16ProductTests {
    @Test("are the specified chain of sums bit for bit, in every order and on every path", arguments: shapes)
    func chain(shape: (m: Int, n: Int, k: Int)) {
        for (aOrder, bOrder) in orders.flatMap({ a in orders.map { (a, $0) } }) {
            let operands = Operands(shape, aOrder, bOrder, seed: 11)
            for (beta, path) in paths.flatMap({ path in [(Float(0), path), (Float(1), path)] }) {
                let found = operands.product(beta: beta, path: path)
                var differing = 0
                for row in 0..<shape.m {
                    for column in 0..<shape.n {
                        let expected = operands.expected(row, column, beta: beta)
                        let value = found[row * shape.n + column]
                        if value.bitPattern != expected.value.bitPattern { differing += 1 }
                        // Products are exact; each of k additions is off by half an ulp of a partial sum, which is no
                        // larger than the sum of magnitudes.
                        #expect(abs(Double(value) - expected.exact) <= Double(shape.k) * 0x1p-24 * expected.size)
                    }
                }
                #expect(differing == 0, "\(shape), a \(aOrder), b \(bOrder), beta \(beta), \(path)")
            }
        }
    }

    @Test("don't depend on how the rows are divided", arguments: [1, 7, 12, 100])
    func division(size: Int) {
        let operands = Operands((101, 45, 1033), .asStored, .transposed, seed: 13)
        var found = operands.c
        for first in stride(from: 0, to: operands.m, by: size) {
            let last = min(first + size, operands.m)
            var part = operands
            part.a = Array(operands.a[first * operands.k..<last * operands.k])
            let scratch = FloatStorage(
                count: BFloat16Product.scratchCount(m: last - first, n: operands.n, k: operands.k))
            found.withUnsafeMutableBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                BFloat16Product.multiply(
                    part.a, .asStored, part.b, .transposed, into: base + first * operands.n, m: last - first,
                    n: operands.n, k: operands.k, beta: 1, scratch: scratch.base)
            }
        }
        #expect(bits(found) == bits(operands.product(beta: 1)))
    }

    @Test("rows of a and of C may lie apart, and what lies between stays", arguments: paths)
    func strides(path: BFloat16Product.Path) {
        for (shape, aOrder) in [(13, 45, 70), (1, 33, 5), (4, 3, 0)].flatMap({ s in orders.map { (s, $0) } }) {
            let operands = Operands(shape, aOrder, .transposed, seed: 17)
            func apart(_ values: [Float], rows: Int) -> [Float] {
                let columns = values.count / max(rows, 1)
                return (0..<rows).flatMap { Array(values[$0 * columns..<($0 + 1) * columns]) + [.nan, 7, .nan] }
            }
            let rows = aOrder == .asStored ? operands.m : operands.k
            for beta: Float in [0, 1] {
                var result = apart(operands.c, rows: operands.m)
                let scratch = FloatStorage(
                    count: BFloat16Product.scratchCount(m: operands.m, n: operands.n, k: operands.k))
                BFloat16Product.multiply(
                    apart(operands.a, rows: rows), aOrder, operands.b, .transposed, into: &result, m: operands.m,
                    n: operands.n, k: operands.k, beta: beta, scratch: scratch.base, path: path,
                    firstStride: operands.a.count / max(rows, 1) + 3, resultStride: operands.n + 3)
                let expected = apart(operands.product(beta: beta, path: path), rows: operands.m)
                #expect(bits(result) == bits(expected), "\(shape), a \(aOrder), beta \(beta)")
            }
        }
    }

    @Test("round operands to nearest, ties to even, and carry what is not finite", arguments: paths)
    func rounding(path: BFloat16Product.Path) {
        // 1 + 2⁻⁸ lies halfway between the neighbours 1 and 1 + 2⁻⁷; the one with an even last bit wins.
        let cases: [(Float, Float)] = [
            (1 + 0x1p-8, 1), (1 + 0x1p-8 + 0x1p-23, 1 + 0x1p-7), (1 + 3 * 0x1p-8, 1 + 0x1p-6), (-1 - 0x1p-8, -1),
            (0x1.fffffep127, .infinity), (-.infinity, -.infinity), (0x1p-126, 0x1p-126),
            (Float.leastNormalMagnitude.nextDown, 0), (0, 0),
        ]
        for k in [1, 2, 33] {
            for (value, rounded) in cases + [(.nan, .nan)] {
                var operands = Operands((13, 33, k), .asStored, .asStored, seed: 14)
                operands.a = operands.a.map { _ in 0 }
                operands.b = operands.b.map { _ in 1 }
                operands.a[5 * k + k - 1] = value
                let found = operands.product(beta: 0, path: path)
                let row = found[5 * 33..<6 * 33]
                #expect(row.allSatisfy { $0 == rounded || ($0.isNaN && rounded.isNaN) }, "\(value) at k \(k)")
                #expect((found[..<(5 * 33)] + found[(6 * 33)...]).allSatisfy { $0 == 0 }, "other rows are untouched")
            }
        }
        var operands = Operands((1, 1, 2), .asStored, .asStored, seed: 15)
        (operands.a, operands.b) = ([.infinity, 1], [0, 1])
        #expect(operands.product(beta: 0, path: path)[0].isNaN)
        (operands.a, operands.b) = ([.infinity, .infinity], [1, -1])
        #expect(operands.product(beta: 0, path: path)[0].isNaN)
    }
}
