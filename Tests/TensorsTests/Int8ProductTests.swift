import Foundation
import Tensors
import Testing

private let allTypes: [ElementType] = [.q80, .q40, .q41, .q50, .q51, .q4K, .q5K, .q6K]
private let allPaths = Int8Product.paths

/// Rows of weights, rows of activations and the blocks of a row: less than a vector of rows, an odd number of blocks, several
/// segments of a row.
private let shapes: [(n: Int, m: Int, blocks: Int)] = [
    (1, 1, 1), (3, 2, 3), (17, 5, 2), (16, 4, 5), (33, 9, 1), (5, 13, 9), (2, 1, 70), (7, 6, 67), (0, 1, 1), (1, 0, 1),
]

/// Random weights as they are stored, and activations.
private struct Operands {
    let type: ElementType
    let (n, m, k): (Int, Int, Int)
    private(set) var stored: [UInt8]
    var x: [Float]

    init(_ type: ElementType, _ shape: (n: Int, m: Int, blocks: Int), seed: UInt64) {
        self.type = type
        (n, m) = (shape.n, shape.m)
        k = shape.blocks * type.blockElements
        var random = RandomGenerator(seed: seed, n, m, k)
        var bytes = (0..<n * shape.blocks * type.blockBytes).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for block in 0..<n * shape.blocks {
            // Halves of a usual size: any bytes would be any numbers, infinity among them.
            for place in type.halves {
                let half = UInt16(0x2400) | UInt16(truncatingIfNeeded: random.next()) & 0x07ff
                bytes[block * type.blockBytes + place] = UInt8(half & 0xff)
                bytes[block * type.blockBytes + place + 1] = UInt8(half >> 8)
            }
        }
        stored = bytes
        x = (0..<m * k).map { Float(1 + $0 / 32 % 5) * random.normal() }
    }

    /// Makes all bytes of the weights but those of the halves the same.
    mutating func fill(_ byte: UInt8) {
        let size = type.blockBytes
        for index in stored.indices where !type.halves.contains(where: { index % size == $0 || index % size == $0 + 1 })
        {
            stored[index] = byte
        }
    }

    /// y, from `old` if it is added to that.
    func product(_ path: Int8Product.Path, old: [Float]? = nil, stride: Int? = nil) -> [Float] {
        let size = Int8Product.packedCount(columns: k)
        let packed = FloatStorage(count: m * size)
        x.withUnsafeBufferPointer {
            if let base = $0.baseAddress { Int8Product.pack(base, rows: m, columns: k, into: packed.base) }
        }
        var y = old ?? [Float](repeating: .nan, count: m * (stride ?? n))
        stored.withUnsafeBytes { bytes in
            y.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                Int8Product.multiply(
                    packed.base, bytes, type, into: base, m: m, n: n, k: k, adds: old != nil, resultStride: stride ?? n,
                    path: path)
            }
        }
        return y
    }

    var weights: [Float] {
        [Float](unsafeUninitializedCapacity: n * k) { buffer, count in
            stored.withUnsafeBytes {
                type.dequantize($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<(n * k)]))
            }
            count = n * k
        }
    }

    /// x as it is rounded: to the nearest multiple of its run's greatest magnitude / 127.
    var rounded: [Double] {
        x.indices.map { index in
            let run = x[index / 32 * 32..<index / 32 * 32 + 32]
            let top = run.reduce(0) { max($0, abs($1)) }
            guard top > 0 else { return 0 }
            let steps = (x[index] * (127 / top)).rounded(.toNearestOrAwayFromZero)
            return Double(steps) * Double(top / 127)
        }
    }
}

extension ElementType {
    /// Where a block has half-precision numbers.
    fileprivate var halves: [Int] {
        switch self {
        case .q80, .q40, .q50: [0]
        case .q6K: [208]
        default: [0, 2]
        }
    }
}

@Suite struct Int8ProductTests {
    @Test("the product is that of the weights with the rounded activations", arguments: allTypes, allPaths)
    func values(type: ElementType, path: Int8Product.Path) {
        for (number, shape) in shapes.enumerated() {
            let operands = Operands(type, shape, seed: UInt64(number))
            let (n, m, k) = (operands.n, operands.m, operands.k)
            let found = operands.product(path)
            let (weights, x) = (operands.weights, operands.rounded)
            #expect(found.count == m * n)
            for row in 0..<m {
                for column in 0..<n {
                    var (sum, size) = (0.0, 0.0)
                    for i in 0..<k {
                        let term = Double(weights[column * k + i]) * x[row * k + i]
                        sum += term
                        size += abs(term)
                    }
                    let error = abs(Double(found[row * n + column]) - sum)
                    #expect(
                        error <= 4e-7 * size, "\(shape), [\(row), \(column)]: \(found[row * n + column]), not \(sum)")
                }
            }
        }
    }

    @Test("a row is rounded by less than half a step", arguments: allTypes)
    func rounding(type: ElementType) {
        let operands = Operands(type, (1, 3, 4), seed: 7)
        for (index, (x, rounded)) in zip(operands.x, operands.rounded).enumerated() {
            let run = operands.x[index / 32 * 32..<index / 32 * 32 + 32]
            let top = Double(run.reduce(0) { max($0, abs($1)) })
            #expect(abs(Double(x) - rounded) <= top / 254 * 1.0001)
        }
    }

    @Test("it is added to what is there, and leaves what lies beside", arguments: allTypes, allPaths)
    func adding(type: ElementType, path: Int8Product.Path) {
        for m in [2, 6] {
            let operands = Operands(type, (19, m, 2), seed: 3)
            let plain = operands.product(path)
            let size = plain.reduce(0) { max($0, abs($1)) }
            let old = (0..<m * 25).map { Float($0 % 7) }
            let found = operands.product(path, old: old, stride: 25)
            for index in old.indices {
                let (row, column) = (index / 25, index % 25)
                guard column < 19 else {
                    #expect(found[index] == old[index])
                    continue
                }
                let expected = old[index] + plain[row * 19 + column]
                #expect(abs(found[index] - expected) <= 1e-5 * max(1, size), "[\(row), \(column)]")
            }
        }
    }

    @Test(
        "few rows have the same bits on every path, compiled with optimisation or without", arguments: allTypes,
        allPaths)
    func sameBits(type: ElementType, path: Int8Product.Path) {
        for shape in shapes where shape.m < Int8Product.fewestForPanels {
            for seed in 0..<4 {
                let operands = Operands(type, shape, seed: UInt64(20 + seed))
                let (found, reference) = (operands.product(path), operands.product(allPaths[allPaths.count - 1]))
                #expect(found.map(\.bitPattern) == reference.map(\.bitPattern), "\(shape)")
            }
        }
    }

    @Test("the greatest weights and activations make exact sums", arguments: allTypes, allPaths)
    func extremes(type: ElementType, path: Int8Product.Path) {
        for byte in [UInt8(0x80), 0xff, 0x7f] {
            for sign in [Float(1), -1] {
                var operands = Operands(type, (3, 2, 4), seed: 1)
                operands.fill(byte)
                operands.x = operands.x.indices.map { $0 % 3 == 0 ? sign : -sign * 0.999 }
                let (weights, x) = (operands.weights, operands.rounded)
                let sum = (0..<operands.k).reduce(0.0) { $0 + Double(weights[$1]) * x[$1] }
                let size = (0..<operands.k).reduce(0.0) { $0 + abs(Double(weights[$1]) * x[$1]) }
                #expect(abs(Double(operands.product(path)[0]) - sum) <= 1e-6 * size, "\(byte), \(sign)")
            }
        }
    }

    @Test("a row's result doesn't depend on the rows beside it", arguments: allTypes)
    func independence(type: ElementType) {
        let many = Operands(type, (20, 21, 3), seed: 5)
        let all = many.product(allPaths[0])
        var some = many
        some.x.replaceSubrange(0..<many.k, with: repeatElement(9, count: many.k))
        let other = some.product(allPaths[0])
        #expect(all.dropFirst(20) == other.dropFirst(20) && all.prefix(20) != other.prefix(20))
    }

    @Test("infinity and what is no number are seen in the result; zeros give zeros", arguments: allTypes, allPaths)
    func special(type: ElementType, path: Int8Product.Path) {
        for value in [Float.nan, .infinity, -.infinity] {
            for m in [1, 6] {
                var operands = Operands(type, (2, m, 2), seed: 2)
                operands.x[3] = value
                let found = operands.product(path)
                #expect(found.prefix(2).allSatisfy { !$0.isFinite } && found.dropFirst(2).allSatisfy(\.isFinite))
                for small in [Float(0), .leastNonzeroMagnitude, -1e-38] {
                    operands.x = operands.x.map { _ in small }
                    #expect(operands.product(path).allSatisfy { $0 == 0 })
                }
            }
        }
    }
}

/// Quantised weights as a frozen matrix.
private struct StoredBlocks: FrozenMatrix {
    let operands: [UInt8]
    let type: ElementType
    let rows: Int
    let columns: Int
    var floats: UnsafePointer<Float>? { nil }
    var storedTypes: [ElementType] { [type] }

    func read(_ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        readStored(range) { _, _, bytes in
            type.dequantize(bytes, into: UnsafeMutableBufferPointer(start: buffer, count: range.count * columns))
        }
    }

    func readStored(_ range: Range<Int>, _ body: (Range<Int>, ElementType, UnsafeRawBufferPointer) -> Void) {
        let size = columns / type.blockElements * type.blockBytes
        operands.withUnsafeBytes {
            body(range, type, UnsafeRawBufferPointer(rebasing: $0[range.lowerBound * size..<range.upperBound * size]))
        }
    }
}

@Suite struct FrozenProductTests {
    private func product(_ m: Int, _ products: FrozenProducts) -> [Float] {
        let operands = Operands(.q41, (700, m, 24), seed: 1)
        let matrix = StoredBlocks(operands: operands.stored, type: .q41, rows: 700, columns: operands.k)
        let tape = Tape()
        tape.frozenProducts = products
        tape.begin()
        var declarations = ParameterDeclarations()
        let weight = declarations.matrix("w", 700, operands.k, .constant(0))
        let parameters = FrozenParameters(declarations) { _, _ in matrix }
        let x = tape.input(Tensor(shape: [m, operands.k], elements: operands.x))
        return Array(tape.values(tape.weights(parameters).linear(x, weight)))
    }

    @Test("threads change no result, exact or rounded", arguments: [1, 3, 40], [true, false])
    func threads(m: Int, isRounded: Bool) {
        let one = product(m, FrozenProducts(roundsActivations: isRounded))
        for threads in [1, 2, 3] {
            let pool = WorkerPool(threads: threads, shuffledBy: 5)
            let some = product(m, FrozenProducts(roundsActivations: isRounded, pool: pool))
            #expect(one.map(\.bitPattern) == some.map(\.bitPattern), "\(threads) threads")
        }
    }

    @Test("rounding is off unless asked for")
    func exact() {
        let (exact, rounded) = (product(4, FrozenProducts()), product(4, FrozenProducts(roundsActivations: true)))
        #expect((exact != rounded) == (allPaths[0] != .portable))
        let scale = exact.reduce(0) { max($0, abs($1)) }
        #expect(zip(exact, rounded).allSatisfy { abs($0 - $1) < 0.01 * scale })
    }

    @Test(
        "weights in bfloat16 stay as they are, and many rows of activations are rounded likewise",
        arguments: [3, 8, 9, 17, 40], [true, false])
    func bfloat16(m: Int, isRounded: Bool) {
        let (n, k) = (300, 66)
        var random = RandomGenerator(seed: 9, m)
        func rounded(_ x: Float) -> Float {
            Float(bitPattern: (x.bitPattern + 0x7fff + (x.bitPattern >> 16 & 1)) & 0xffff_0000)
        }
        let w = (0..<n * k).map { _ in rounded(random.normal()) }
        let x = (0..<m * k).map { _ in random.normal() }
        let stored = w.flatMap { [UInt8($0.bitPattern >> 16 & 0xff), UInt8($0.bitPattern >> 24)] }
        let tape = Tape()
        tape.frozenProducts = FrozenProducts(roundsActivations: isRounded, pool: WorkerPool(threads: 2))
        tape.begin()
        var declarations = ParameterDeclarations()
        let weight = declarations.matrix("w", n, k, .constant(0))
        let parameters = FrozenParameters(declarations) { _, _ in
            StoredBlocks(operands: stored, type: .bf16, rows: n, columns: k)
        }
        let input = tape.input(Tensor(shape: [m, k], elements: x))
        let found = tape.values(tape.weights(parameters).linear(input, weight))
        let isCoarse = isRounded && m >= BFloat16Product.fewestForStored && BFloat16Product.isNative
        #expect(found.count == m * n)
        for row in 0..<m {
            for column in 0..<n {
                var (sum, size) = (0.0, 0.0)
                for i in 0..<k {
                    let value = x[row * k + i]
                    let term = Double(isCoarse ? rounded(value) : value) * Double(w[column * k + i])
                    sum += term
                    size += abs(term)
                }
                #expect(abs(Double(found[row * n + column]) - sum) <= 1e-6 * size, "[\(row), \(column)]")
            }
        }
    }
}
