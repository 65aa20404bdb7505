import NeuralNetworks
import Tensors
import Testing

@Suite struct KVCacheTests {
    /// What three sequences attend to: prompts of several lengths, then a token each, in caches that grow in between. Keys and
    /// values lie behind the queries, side by side.
    private func outputs(_ heads: AttentionHeads, halves: Bool, rounded: Bool, threads: Int = 1) -> [Float] {
        let tape = Tape()
        tape.frozenProducts = FrozenProducts(roundsActivations: halves, pool: WorkerPool(threads: threads))
        var slots = CacheSlots(sequences: 3, capacity: 40)
        var cache = KVCache(rows: slots.rows, width: heads.keyValueColumns)
        var random = RandomGenerator(seed: 3, heads.width, heads.count)
        var result: [Float] = []
        for counts in [[37, 1, 5], [1, 1, 1], [1, 2, 1]] {
            let layout = slots.append(counts: counts)
            let rows = counts.reduce(0, +)
            let columns = heads.columns + 2 * heads.keyValueColumns
            let elements = (0..<rows * columns).map { index in
                let value = random.normal()
                return rounded && index % columns >= heads.columns ? Float(Float16(value)) : value
            }
            tape.begin()
            let x = tape.input(Tensor(shape: [rows, columns], elements: elements))
            let (keys, values) = cache.store(
                keys: x.columns(from: heads.columns), values: x.columns(from: heads.columns + heads.keyValueColumns),
                rows: layout.cacheRows ?? [], on: tape)
            let y = tape.attention(
                queries: x.columns(from: 0), keys: keys, values: values, heads: heads, pattern: layout.pattern)
            result += tape.values(y)
            tape.end()
            cache = cache.spread(slots: 3, from: 40, to: 40)
        }
        return result
    }

    @Test(
        "caches in half precision give what rounded keys and values give in Float32",
        arguments: [(2, 2, 16), (6, 2, 64), (3, 1, 20), (9, 3, 64), (4, 4, 32)], [1, 2])
    func halves(shape: (count: Int, keyValueCount: Int, width: Int), threads: Int) {
        let heads = AttentionHeads(count: shape.count, keyValueCount: shape.keyValueCount, width: shape.width)
        let found = outputs(heads, halves: true, rounded: false, threads: threads)
        let expected = outputs(heads, halves: false, rounded: FrozenProducts(roundsActivations: true).halvesCaches)
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-6 })
        #expect(Set(found).count > found.count / 2)
    }

    @Test("caches in half precision are exact only as far as those go", .enabled(if: Int8Product.isNative))
    func rounding() {
        let heads = AttentionHeads(count: 4, keyValueCount: 2, width: 32)
        let (found, exact) = (
            outputs(heads, halves: true, rounded: false), outputs(heads, halves: false, rounded: false)
        )
        let most = zip(found, exact).map { abs($0 - $1) }.max() ?? 0
        #expect(most > 1e-6 && most < 5e-3)
    }
}
