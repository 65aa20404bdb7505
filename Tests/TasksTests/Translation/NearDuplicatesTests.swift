import Tasks
import Testing

@Suite("Near-duplicates of English keys") struct NearDuplicatesTests {
    private func contains(_ keys: [String], _ key: String, _ threshold: Double) -> Bool {
        NearDuplicates(of: keys.map { EnglishKey($0) }, threshold: threshold).contains(nearly: EnglishKey(key))
    }

    @Test("exactly at the threshold is near, below it isn't")
    func threshold() {
        #expect(contains(["a b c"], "a b c d", 0.75) && !contains(["a b c"], "a b c d", 0.76))
        #expect(contains(["a b c d"], "a b c", 0.75) && !contains(["a b c x"], "a b c d", 0.75))
        #expect(contains(["a b c"], "c b a", 1) && !contains(["a b c"], "a b", 1))
        #expect(!contains([], "a", 0.5) && !contains(["a"], "12", 0.5))
    }

    @Test("as comparing all with all says", arguments: [0.1, 0.34, 0.5, 0.6, 0.75, 0.8, 1])
    func all(threshold: Double) {
        // A multiplicative generator over few words, so that sets overlap.
        var state: UInt64 = 42
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        let words = "abcdefghijklmno".map(String.init)
        func key() -> String { (0...random(7)).map { _ in words[min(random(15), random(15))] }.joined(separator: " ") }
        let (keys, others) = ((0..<120).map { _ in key() }, (0..<120).map { _ in key() })
        let index = NearDuplicates(of: keys.map { EnglishKey($0) }, threshold: threshold)
        var near = 0
        for other in others {
            let expected = keys.contains { key in
                let (a, b) = (Set(key.split(separator: " ")), Set(other.split(separator: " ")))
                return Double(a.intersection(b).count) / Double(a.union(b).count) >= threshold
            }
            near += expected ? 1 : 0
            #expect(index.contains(nearly: EnglishKey(other)) == expected, "\(other)")
        }
        #expect(near > 0)
    }
}
