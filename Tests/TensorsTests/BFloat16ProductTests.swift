import Tensors
import Testing

@Suite("bfloat16 products") struct BFloat16ProductTests {
    private struct Case: CustomStringConvertible {
        let m: Int
        let n: Int
        let k: Int
        let a: BLAS.Order
        let b: BLAS.Order
        let adds: Bool
        var description: String { "\(m)x\(n)x\(k) \(a) \(b)\(adds ? " added" : "")" }
    }

    /// Panels are 12 rows and 32 columns, vectors 16, words two deep, blocks 512 deep.
    private static let cases: [Case] = {
        var cases: [Case] = []
        for (m, n, k) in [
            (1, 1, 1), (1, 16, 2), (5, 3, 7), (12, 32, 64), (13, 33, 65), (24, 31, 1), (11, 97, 33), (37, 64, 513),
            (3, 5, 1100), (25, 17, 0), (0, 4, 4), (4, 0, 4),
        ] {
            for (a, b) in [
                (BLAS.Order.asStored, BLAS.Order.asStored), (.asStored, .transposed), (.transposed, .asStored),
                (.transposed, .transposed),
            ] {
                for adds in [false, true] { cases.append(Case(m: m, n: n, k: k, a: a, b: b, adds: adds)) }
            }
        }
        return cases
    }()

    /// To nearest, ties to even.
    private static func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
    }

    private static func random(_ count: Int, seed: UInt64) -> [Float] {
        var random = RandomGenerator(seed: seed)
        return (0..<count).map { _ in random.normal() }
    }

    private static func product(_ c: Case, isNative: Bool) -> [Float] {
        let (a, b) = (random(c.m * c.k, seed: 1), random(c.k * c.n, seed: 2))
        var result = random(c.m * c.n, seed: 3)
        let scratch = FloatStorage(count: 1 << 18)
        // A product that is too short would leave this.
        if !c.adds { for index in result.indices { result[index] = .nan } }
        BFloat16Product.multiply(
            a, c.a, b, c.b, into: &result, m: c.m, n: c.n, k: c.k, adds: c.adds,
            scratch: { count in
                precondition(count <= scratch.count)
                return scratch.base
            }, isNative: isNative)
        return result
    }

    private static func check(_ c: Case, isNative: Bool) {
        let (a, b, start) = (
            random(c.m * c.k, seed: 1).map(rounded), random(c.k * c.n, seed: 2).map(rounded),
            random(c.m * c.n, seed: 3)
        )
        let found = product(c, isNative: isNative)
        for row in 0..<c.m {
            for column in 0..<c.n {
                var sum = c.adds ? Double(start[row * c.n + column]) : 0
                var size = abs(sum)
                for p in 0..<c.k {
                    let x = a[c.a == .asStored ? row * c.k + p : p * c.m + row]
                    let y = b[c.b == .asStored ? p * c.n + column : column * c.k + p]
                    sum += Double(x) * Double(y)
                    size += abs(Double(x) * Double(y))
                }
                // Products of bfloat16 are exact in Float32; each of the k + 1 sums rounds at 2⁻²⁴ of the running size.
                let error = abs(Double(found[row * c.n + column]) - sum)
                #expect(error <= size * Double(c.k + 1) * 0x1p-24, "\(c) [\(row), \(column)]")
            }
        }
    }

    @Test("are those of rounded operands, in every order and at every edge") func portable() {
        for c in Self.cases { Self.check(c, isNative: false) }
    }

    @Test("are so by the processor's own instructions", .enabled(if: Precision.hasNativeBFloat16))
    func native() {
        for c in Self.cases { Self.check(c, isNative: true) }
    }

    @Test("a row doesn't depend on the others", arguments: Set([false, Precision.hasNativeBFloat16]))
    func rowsAlone(isNative: Bool) {
        let (m, n, k) = (29, 40, 70)
        let (a, b) = (Self.random(m * k, seed: 1), Self.random(k * n, seed: 2))
        let scratch = FloatStorage(count: 1 << 16)
        func product(_ rows: Range<Int>) -> [Float] {
            var result = [Float](repeating: 0, count: rows.count * n)
            BFloat16Product.multiply(
                Array(a[rows.lowerBound * k..<rows.upperBound * k]), .asStored, b, .asStored, into: &result,
                m: rows.count, n: n, k: k, adds: false, scratch: { _ in scratch.base }, isNative: isNative)
            return result
        }
        let whole = product(0..<m)
        for split in [1, 7, 12, 13] { #expect(product(0..<split) + product(split..<m) == whole) }
    }

    @Test("what is no number stays none, and infinities stay", arguments: Set([false, Precision.hasNativeBFloat16]))
    func special(isNative: Bool) {
        let scratch = FloatStorage(count: 1 << 12)
        var result: [Float] = [0, 0, 0, 0]
        // NaN with only low mantissa bits set would round to infinity if it were rounded like a number.
        let a: [Float] = [Float(bitPattern: 0x7f80_0001), .infinity, -.infinity, 3]
        BFloat16Product.multiply(
            a, .asStored, [2], .asStored, into: &result, m: 4, n: 1, k: 1, adds: false, scratch: { _ in scratch.base },
            isNative: isNative)
        #expect(result[0].isNaN)
        #expect(Array(result[1...]) == [.infinity, -.infinity, 6])
    }
}
