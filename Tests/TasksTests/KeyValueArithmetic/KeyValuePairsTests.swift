import Evaluation
import Tasks
import Testing

@Suite struct KeyValuePairsTests {
    private func settings(
        count: Int = 300, maximum: Int = 300, lengths: ClosedRange<Int> = 2...6, share: Double = 0.2, seed: Int = 1
    ) -> KeyValuePairs.Settings {
        KeyValuePairs.Settings(count: count, maximum: maximum, keyLengths: lengths, heldInShare: share, seed: seed)
    }

    @Test("keys and values are unique and in range, and the held-in share is met", arguments: [1, 2, 3])
    func unique(seed: Int) {
        let pairs = KeyValuePairs.generate(settings(count: 257, maximum: 300, seed: seed)).pairs
        #expect(pairs.count == 257)
        #expect(Set(pairs.map(\.key)).count == 257)
        #expect(Set(pairs.map(\.value)).count == 257)
        #expect(pairs.allSatisfy { (1...300).contains($0.value) && (2...6).contains($0.key.count) })
        #expect(pairs.filter(\.isHeldIn).count == 51)
    }

    @Test("every string of a length can be used up")
    func exhausted() {
        let pairs = KeyValuePairs.generate(settings(count: 26, maximum: 26, lengths: 1...1))
        #expect(Set(pairs.pairs.map(\.key)).count == 26)
        #expect(Set(pairs.pairs.map(\.value)) == Set(1...26))
    }

    @Test("the same seed gives the same pairs, another seed others")
    func seeded() {
        #expect(KeyValuePairs.generate(settings()) == KeyValuePairs.generate(settings()))
        #expect(KeyValuePairs.generate(settings()) != KeyValuePairs.generate(settings(seed: 2)))
    }

    @Test("settings that can't be met are named by parameter")
    func impossible() {
        #expect(settings(count: 27, maximum: 30, lengths: 1...1).problem?.parameter == "count")
        #expect(settings(count: 301).problem?.parameter == "maximum")
        #expect(settings(share: 0).problem?.parameter == "held-in-share")
        #expect(settings(share: 1).problem?.parameter == "held-in-share")
        #expect(settings().problem == nil)
        #expect(KeyValuePairs.capacity(lengths: 2...2) == 676)
    }

    @Test("a table reads back as the same pairs, and a broken one names its line")
    func table() throws {
        let pairs = KeyValuePairs.generate(settings())
        #expect(try KeyValuePairs(table: pairs.table, file: "pairs.tsv") == pairs)
        let error = #expect(throws: DatasetError.self) {
            try KeyValuePairs(table: "key\tvalue\theld_in\nab\tx\t1\n", file: "pairs.tsv")
        }
        #expect(error?.description.hasPrefix("pairs.tsv:2:") == true)
    }
}
