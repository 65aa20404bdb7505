import Foundation
import Tensors
import Testing

@Suite struct StoredProductTests {
    private static let types: [ElementType] = [.f32, .f16, .bf16]

    /// Random weights as they are stored, and their values.
    private func weights(_ type: ElementType, _ count: Int, seed: UInt64) -> (stored: [UInt8], values: [Float]) {
        var random = RandomGenerator(seed: seed, count)
        var (stored, values): ([UInt8], [Float]) = ([], [])
        for index in 0..<count {
            let value = random.normal() * (index % 5 == 0 ? 1e-6 : 1)
            switch type {
            case .f32: withUnsafeBytes(of: value.bitPattern.littleEndian) { stored += $0 }
            case .bf16:
                withUnsafeBytes(of: UInt16(value.bitPattern >> 16).littleEndian) { stored += $0 }
            default:
                // Subnormal halves too.
                let half = UInt16(truncatingIfNeeded: random.next()) & (index % 5 == 0 ? 0x83ff : 0xbfff)
                withUnsafeBytes(of: half.littleEndian) { stored += $0 }
            }
        }
        values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            stored.withUnsafeBytes { type.dequantize($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count])) }
            initialized = count
        }
        return (stored, values)
    }

    private func product(
        _ x: [Float], _ stored: [UInt8], _ type: ElementType, m: Int, n: Int, k: Int, old: [Float]? = nil,
        misaligned: Int = 0
    ) -> [Float] {
        var y = old ?? [Float](repeating: .nan, count: m * (n + 2))
        let moved = [UInt8](repeating: 0, count: misaligned) + stored
        moved.withUnsafeBytes { bytes in
            y.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                StoredProduct.multiply(
                    x, UnsafeRawBufferPointer(rebasing: bytes[misaligned...]), type, into: base, m: m, n: n, k: k,
                    adds: old != nil, resultStride: n + 2)
            }
        }
        return y
    }

    @Test("the product is that of the weights", arguments: types)
    func values(type: ElementType) {
        for (n, m, k) in [(1, 1, 1), (3, 2, 17), (4, 4, 16), (5, 7, 33), (9, 16, 64), (6, 3, 100), (2, 1, 1030)] {
            let (stored, weights) = weights(type, n * k, seed: 1)
            var random = RandomGenerator(seed: 2, n, m, k)
            let x = (0..<m * k).map { _ in random.normal() }
            let found = product(x, stored, type, m: m, n: n, k: k, misaligned: 1)
            for row in 0..<m {
                for column in 0..<n {
                    var (sum, size) = (0.0, 0.0)
                    for i in 0..<k {
                        let term = Double(weights[column * k + i]) * Double(x[row * k + i])
                        sum += term
                        size += abs(term)
                    }
                    let error = abs(Double(found[row * (n + 2) + column]) - sum)
                    #expect(error <= 4e-7 * size, "[\(n), \(m), \(k)] at [\(row), \(column)]")
                }
                #expect(found[row * (n + 2) + n].isNaN)
            }
        }
    }

    @Test("it is added to what is there; an element depends on its own rows alone", arguments: types)
    func independence(type: ElementType) {
        let (n, m, k) = (11, 7, 50)
        let (stored, _) = weights(type, n * k, seed: 3)
        var random = RandomGenerator(seed: 4)
        let x = (0..<m * k).map { _ in random.normal() }
        let all = product(x, stored, type, m: m, n: n, k: k)
        for row in 0..<m {
            for column in 0..<n {
                let bytes = k * type.blockBytes
                let own = product(
                    Array(x[row * k..<(row + 1) * k]), Array(stored[column * bytes..<(column + 1) * bytes]), type, m: 1,
                    n: 1, k: k)
                #expect(own[0] == all[row * (n + 2) + column])
            }
        }
        let old = (0..<m * (n + 2)).map { Float($0 % 5) }
        let added = product(x, stored, type, m: m, n: n, k: k, old: old)
        for index in old.indices {
            #expect(added[index] == (index % (n + 2) < n ? old[index] + all[index] : old[index]))
        }
    }

    @Test("infinity and what is no number in the weights are seen in the result", arguments: types)
    func special(type: ElementType) {
        for value in [Float.infinity, -.infinity, .nan] {
            var bytes: [UInt8] = []
            for element in [1, value, 2] as [Float] {
                switch type {
                case .f32: withUnsafeBytes(of: element.bitPattern.littleEndian) { bytes += $0 }
                case .bf16: withUnsafeBytes(of: UInt16(element.bitPattern >> 16).littleEndian) { bytes += $0 }
                default:
                    let half: UInt16 =
                        element.isNaN ? 0x7e00 : element == .infinity ? 0x7c00 : element == -.infinity ? 0xfc00 : 0x3c00
                    withUnsafeBytes(of: half.littleEndian) { bytes += $0 }
                }
            }
            let found = product([1, 1, 1], bytes, type, m: 1, n: 1, k: 3)[0]
            #expect(value.isNaN ? found.isNaN : found == value)
        }
    }
}
