import NeuralNetworks
import Tensors
import Testing

@Suite struct KVCacheTests {
    /// What three sequences attend to: prompts of several lengths, then a token each, in caches that grow in between. Keys and
    /// values lie behind the queries, side by side.
    private func outputs(
        _ heads: AttentionHeads, halves: Bool, rounded: Bool, threads: Int = 1, large: Float? = nil
    ) -> [Float] {
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
                var value = random.normal()
                // The last value of the last two steps.
                if let large, counts[0] == 1, index == rows * columns - 1 { value = large }
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

    @Test(
        "a value that half precision can't express makes a cache Float32, and what it had stays",
        arguments: [65520, -1e6])
    func overflow(large: Float) {
        for width in [16, 20] {
            let heads = AttentionHeads(count: 2, keyValueCount: 1, width: width)
            let found = outputs(heads, halves: true, rounded: false, large: large)
            let expected = outputs(heads, halves: false, rounded: false, large: large)
            #expect(found.allSatisfy(\.isFinite) && found.contains { abs($0) > 1000 })
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 5e-3 * max(1, abs($1)) })
        }
    }

    @Test(
        "rows of one form are put into a cache of the other", .enabled(if: Int8Product.isNative),
        arguments: [false, true])
    func mixedForms(isHalf: Bool) {
        let tape = Tape()
        let heads = AttentionHeads(count: 1, width: 16)
        /// Stores keys of zeros and such values in the first row; the mean of the first `seen` rows' values.
        func mean(_ cache: KVCache, storing value: Float, seen: Int) -> Float {
            tape.begin()
            defer { tape.end() }
            let own = tape.input(Tensor(shape: [1, 32], elements: (0..<32).map { $0 < 16 ? 0 : value }))
            let (keys, values) = cache.store(
                keys: own.columns(from: 0), values: own.columns(from: 16), rows: [0], on: tape)
            let query = tape.input(Tensor(zeros: [1, 16]))
            let pattern = AttentionPattern(sequences: [(0..<1, 0..<3)], visible: [Int32(seen)])
            let y = tape.attention(
                queries: query.columns(from: 0), keys: keys, values: values, heads: heads, pattern: pattern)
            return tape.values(y)[15]
        }
        func cache(halves: Bool, _ value: Float) -> KVCache {
            tape.frozenProducts = FrozenProducts(roundsActivations: halves)
            let cache = KVCache(rows: 3, width: 16)
            #expect(mean(cache, storing: value, seen: 1) == value)
            return cache
        }
        let (first, second) = (cache(halves: isHalf, 3), cache(halves: !isHalf, 5))
        first.put(second, count: 1, at: 1)
        #expect(abs(mean(first, storing: 3, seen: 2) - 4) < 1e-5)
        second.put(first, count: 2, at: 1)
        #expect(abs(mean(second, storing: 10, seen: 3) - 6) < 1e-5)
    }

    /// What a sequence behind a prefix of 5 rows attends to: with the prefix's rows put in its cache, or stored with its own.
    private func behindPrefix(put: Bool, halves: Bool) -> [Float] {
        let heads = AttentionHeads(count: 2, keyValueCount: 1, width: 16)
        let tape = Tape()
        tape.frozenProducts = FrozenProducts(roundsActivations: halves)
        var random = RandomGenerator(seed: 4, 0)
        let columns = heads.columns + 2 * heads.keyValueColumns
        let rows = (0..<8 * columns).map { _ in random.normal() }
        func append(_ range: Range<Int>, _ slots: inout CacheSlots, _ cache: KVCache) -> [Float] {
            let layout = slots.append(counts: [range.count])
            tape.begin()
            let elements = Array(rows[range.lowerBound * columns..<range.upperBound * columns])
            let x = tape.input(Tensor(shape: [range.count, columns], elements: elements))
            let (keys, values) = cache.store(
                keys: x.columns(from: heads.columns), values: x.columns(from: heads.columns + heads.keyValueColumns),
                rows: layout.cacheRows ?? [], on: tape)
            let y = tape.attention(
                queries: x.columns(from: 0), keys: keys, values: values, heads: heads, pattern: layout.pattern)
            defer { tape.end() }
            return Array(tape.values(y))
        }
        var slots = CacheSlots(sequences: 1, capacity: 8)
        let prefix = KVCache(rows: 8, width: heads.keyValueColumns)
        _ = append(0..<5, &slots, prefix)
        let own = KVCache(rows: 8, width: heads.keyValueColumns)
        if put { own.put(prefix, count: 5, at: 0) }
        return append(5..<8, &slots, put ? own : prefix)
    }

    @Test("rows put from another cache are those that were stored there", arguments: [false, true])
    func put(halves: Bool) {
        let found = behindPrefix(put: true, halves: halves)
        #expect(found.count == 3 * 32 && Set(found).count > 48)
        #expect(found == behindPrefix(put: false, halves: halves))
    }
}
