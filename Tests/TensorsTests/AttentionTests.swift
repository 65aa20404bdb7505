import Foundation
import Tensors
import Testing

@Suite("attention")
struct AttentionTests {
    /// softmax(q kᵀ / sqrt(c)) v, written as the formula says, in double precision.
    private static func oracle(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, width: Int,
        _ sequences: [(queries: Range<Int>, keys: Range<Int>)], _ visible: [Int32]
    ) -> [Double] {
        let d = heads * width
        var y = [Double](repeating: 0, count: q.shape[0] * d)
        for (queries, keys) in sequences {
            for row in queries {
                for head in 0..<heads {
                    let seen = keys.prefix(Int(visible[row]))
                    let scores = seen.map { key in
                        (0..<width).reduce(0.0) {
                            $0 + Double(q.elements[row * d + head * width + $1])
                                * Double(k.elements[key * d + head * width + $1])
                        } / Double(width).squareRoot()
                    }
                    let top = scores.max() ?? 0
                    let total = scores.reduce(0) { $0 + exp($1 - top) }
                    for (key, score) in zip(seen, scores) {
                        for c in 0..<width {
                            y[row * d + head * width + c] +=
                                exp(score - top) / total * Double(v.elements[key * d + head * width + c])
                        }
                    }
                }
            }
        }
        return y
    }

    @Test(
        "rows that ask alone get what they get among others", arguments: [5, 16],
        [[3], [0, 4, 5, 19, 20], [1, 2, 3, 5, 6, 7, 8, 9, 10], Array(0..<21)] as [[Int32]])
    func asking(width: Int, rows: [Int32]) {
        var random = RandomGenerator(seed: 5, width, rows.count)
        let heads = 2
        let count = 21
        let x = Tensor(
            shape: [count, heads * width], elements: (0..<count * heads * width).map { _ in random.normal() })
        let whole = AttentionPattern.causal(offsets: [0, 4, 4, 5, 19, 21])
        var part = whole
        part.ask(only: rows)
        for training in [false, true] {
            let tape = Tape()
            tape.begin()
            let keys = tape.input(x, wantsGradient: training).columns(from: 0)
            func attend(_ queries: Variable, _ pattern: AttentionPattern) -> Tensor {
                tape.tensor(
                    tape.attention(
                        queries: queries.columns(from: 0), keys: keys, values: keys,
                        heads: AttentionHeads(count: heads, width: width),
                        pattern: pattern))
            }
            let all = attend(tape.input(x), whole)
            let some = attend(tape.gatherRows(tape.input(x), rows), part)
            #expect(some.shape == [rows.count, heads * width])
            for (index, row) in rows.enumerated() {
                // The sums run in another order where a row is alone.
                #expect(zip(some.row(index), all.row(Int(row))).allSatisfy { abs($0 - $1) < 1e-5 }, "row \(row)")
            }
        }
    }

    @Test(
        "heads that share keys get what they get with keys of their own, on any number of threads",
        arguments: [(9, 3), (20, 2), (4, 1), (5, 5)], [16, 48, 64, 20])
    func shared(heads: (count: Int, shared: Int), width: Int) {
        let (count, keyCount) = (heads.count, 700)
        for queryCount in [1, 6] {
            var random = RandomGenerator(seed: 8, count, width, queryCount)
            func draw(_ rows: Int, _ columns: Int) -> Tensor {
                Tensor(shape: [rows, columns], elements: (0..<rows * columns).map { _ in random.normal() })
            }
            let (q, kv) = (draw(queryCount, count * width), draw(keyCount, heads.shared * width))
            let group = count / heads.shared
            var own = Tensor(zeros: [keyCount, count * width])
            for index in own.elements.indices {
                let (row, column) = (index / (count * width), index % (count * width))
                own.elements[index] =
                    kv.elements[row * heads.shared * width + column / width / group * width + column % width]
            }
            let pattern = AttentionPattern(
                sequences: [(0..<queryCount, 0..<keyCount)],
                visible: (0..<queryCount).map { Int32(keyCount - queryCount + $0 + 1) })
            func attend(_ keys: Tensor, shared: Int, _ pool: WorkerPool? = nil) -> [Float] {
                let tape = Tape()
                tape.frozenProducts.pool = pool
                tape.begin()
                let keys = tape.input(keys).columns(from: 0)
                return tape.tensor(
                    tape.attention(
                        queries: tape.input(q).columns(from: 0), keys: keys, values: keys,
                        heads: AttentionHeads(count: count, keyValueCount: shared, width: width), pattern: pattern)
                ).elements
            }
            let (alone, together) = (attend(own, shared: count), attend(kv, shared: heads.shared))
            #expect(zip(alone, together).allSatisfy { abs($0 - $1) <= 1e-6 })
            for threads in [2, 3, 4] {
                let divided = attend(kv, shared: heads.shared, WorkerPool(threads: threads, shuffledBy: 2))
                #expect(divided == together, "\(threads) threads")
            }
        }
    }

    @Test("agrees with the formula on odd shapes", arguments: [1, 5, 16, 32, 64, 80], [1, 3, 4, 17, 37])
    func formula(width: Int, length: Int) {
        var random = RandomGenerator(seed: 3, width, length)
        let heads = 2
        func draw(_ rows: Int) -> Tensor {
            Tensor(shape: [rows, heads * width], elements: (0..<rows * heads * width).map { _ in random.normal() })
        }
        let (q, k, v) = (draw(length + 2), draw(2 * length + 1), draw(2 * length + 1))
        let sequences = [(0..<length, 1..<2 * length + 1), (length..<length + 2, 0..<1)]
        let visible = (0..<length + 2).map { row in Int32(random.integer(below: row < length ? 2 * length + 1 : 2)) }
        for training in [false, true] {
            let tape = Tape()
            tape.begin()
            let inputs = [q, k, v].map { tape.input($0, wantsGradient: training) }
            let y = tape.attention(
                queries: inputs[0].columns(from: 0), keys: inputs[1].columns(from: 0),
                values: inputs[2].columns(from: 0),
                heads: AttentionHeads(count: heads, width: width),
                pattern: AttentionPattern(sequences: sequences, visible: visible))
            let expected = Self.oracle(q, k, v, heads: heads, width: width, sequences, visible)
            let found = tape.tensor(y).elements
            #expect(found.count == expected.count)
            // fp32 sums of at most 75 products of size 1.
            #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 })
            for row in visible.indices where visible[row] == 0 {
                #expect(tape.tensor(y).row(row).allSatisfy { $0 == 0 })
            }
        }
    }

    @Test(
        "a query with a hole gets what it gets from the keys that it sees, one after the other",
        arguments: [5, 16, 64, 80], [nil, 1, 7, 20])
    func holes(width: Int, window: Int?) {
        var random = RandomGenerator(seed: 12, width, window ?? 0)
        let (heads, keyCount) = (AttentionHeads(count: 2, width: width, window: window, cap: 9), 41)
        let holes: [Range<Int32>] = [0..<0, 3..<9, 0..<16, 17..<40, 5..<5, 15..<33]
        let visible: [Int32] = [41, 10, 17, 41, 20, 36]
        func draw(_ rows: Int) -> Tensor {
            Tensor(
                shape: [rows, heads.columns], elements: (0..<rows * heads.columns).map { _ in random.normal() })
        }
        let (q, k, v) = (draw(holes.count), draw(keyCount), draw(keyCount))
        func attend(_ rows: [Int32], keys: [Int32], _ pattern: AttentionPattern, training: Bool) -> Tensor {
            let tape = Tape()
            tape.begin()
            let inputs = [(q, rows), (k, keys), (v, keys)].map {
                tape.gatherRows(tape.input($0, wantsGradient: training), $1).columns(from: 0)
            }
            return tape.tensor(
                tape.attention(
                    queries: inputs[0], keys: inputs[1], values: inputs[2], heads: heads, pattern: pattern))
        }
        for training in [false, true] {
            let all = attend(
                holes.indices.map(Int32.init), keys: (0..<keyCount).map(Int32.init),
                AttentionPattern(sequences: [(0..<holes.count, 0..<keyCount)], visible: visible, holes: holes),
                training: training)
            for row in holes.indices {
                let keys = (0..<visible[row]).filter { !holes[row].contains($0) }
                let expected = attend(
                    [Int32(row)], keys: keys,
                    AttentionPattern(sequences: [(0..<1, 0..<keys.count)], visible: [Int32(keys.count)]),
                    training: training
                ).row(0)
                let single = attend(
                    [Int32(row)], keys: (0..<keyCount).map(Int32.init),
                    AttentionPattern(sequences: [(0..<1, 0..<keyCount)], visible: [visible[row]], holes: [holes[row]]),
                    training: training
                ).row(0)
                #expect(zip(all.row(row), expected).allSatisfy { abs($0 - $1) < 1e-5 }, "row \(row)")
                #expect(zip(single, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "row \(row) alone")
            }
        }
    }

    @Test(
        "one query a sequence, as in decoding, agrees with the formula",
        arguments: [5, 16, 32, 48, 64, 144], [1, 2, 4, 9])
    func decoding(width: Int, heads: Int) {
        var random = RandomGenerator(seed: 4, width, heads)
        let lengths = [1, 15, 16, 17, 40, 7, 0]
        func draw(_ rows: Int) -> Tensor {
            Tensor(shape: [rows, heads * width], elements: (0..<rows * heads * width).map { _ in random.normal() })
        }
        let ends = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        let (q, k, v) = (draw(lengths.count), draw(ends[lengths.count]), draw(ends[lengths.count]))
        let sequences = lengths.indices.map { ($0..<$0 + 1, ends[$0]..<ends[$0 + 1]) }
        let visible = lengths.map { Int32($0) }
        let tape = Tape()
        tape.begin()
        let inputs = [q, k, v].map { tape.input($0) }
        let y = tape.attention(
            queries: inputs[0].columns(from: 0), keys: inputs[1].columns(from: 0), values: inputs[2].columns(from: 0),
            heads: AttentionHeads(count: heads, width: width),
            pattern: AttentionPattern(sequences: sequences, visible: visible))
        let expected = Self.oracle(q, k, v, heads: heads, width: width, sequences, visible)
        // fp32 sums of at most 144 products of size 1.
        #expect(zip(tape.tensor(y).elements, expected).allSatisfy { abs(Double($0) - $1) < 2e-5 })
    }
}
