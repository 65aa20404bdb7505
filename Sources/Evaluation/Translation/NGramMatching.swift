/// Counts the n-grams that a hypothesis shares with its references. A value is scratch memory for one text after another.
struct NGramMatching: Sendable {
    private var pairs = PairNumbering()
    /// By number of an n-gram: how often the reference has it that has it most often.
    private var limits: [Int] = []
    /// How often the reference at work has it.
    private var counts: [(reference: Int, count: Int)] = []

    private static let unknown = UInt32.max

    /// For n = 1 to `order`: how many n-grams of the hypothesis are in a reference, each as often as it stands in the
    /// reference that has it most often.
    ///
    /// O(`order` × symbols).
    mutating func matches(
        of hypothesis: [UInt32], in references: [[UInt32]], order: Int
    ) -> [Int] {
        var matches = [Int](repeating: 0, count: order)
        // By place: the number of the n-gram that begins there.
        var referenceNumbers = references.map { [UInt32](repeating: 0, count: $0.count) }
        var numbers = [UInt32](repeating: 0, count: hypothesis.count)
        for n in 1...max(1, order) where n <= order {
            pairs.reset(capacity: references.reduce(0) { $0 + max(0, $1.count - n + 1) })
            limits.removeAll(keepingCapacity: true)
            counts.removeAll(keepingCapacity: true)
            for (index, reference) in references.enumerated() where reference.count >= n {
                count(n, of: reference, index, &referenceNumbers[index])
            }
            guard pairs.count > 0, hypothesis.count >= n else { break }
            for place in 0...(hypothesis.count - n) where numbers[place] != Self.unknown {
                guard let number = pairs.existingNumber(numbers[place], hypothesis[place + n - 1]) else {
                    numbers[place] = Self.unknown
                    continue
                }
                numbers[place] = number
                if limits[Int(number)] > 0 {
                    limits[Int(number)] -= 1
                    matches[n - 1] += 1
                }
            }
            if matches[n - 1] == 0 { break }
        }
        return matches
    }

    private mutating func count(_ n: Int, of reference: [UInt32], _ index: Int, _ numbers: inout [UInt32]) {
        for place in 0...(reference.count - n) {
            let number = pairs.number(numbers[place], reference[place + n - 1])
            numbers[place] = number
            if Int(number) == limits.count {
                limits.append(0)
                counts.append((index, 0))
            } else if counts[Int(number)].reference != index {
                counts[Int(number)] = (index, 0)
            }
            counts[Int(number)].count += 1
            limits[Int(number)] = max(limits[Int(number)], counts[Int(number)].count)
        }
    }

    /// Number of n-grams in a text of that many symbols.
    static func count(_ n: Int, of symbols: Int) -> Int { max(0, symbols - n + 1) }
}

/// Numbers words, so that they can be symbols of n-grams. A word is the path of its scalars through a trie of pairs.
struct WordNumbering: Sendable {
    private var nodes = PairNumbering()

    /// The numbers of the words of texts, equal for equal words.
    mutating func numbers(of texts: [[ArraySlice<UInt32>]]) -> [[UInt32]] {
        nodes.reset(capacity: texts.joined().reduce(0) { $0 + $1.count })
        return texts.map { words in
            words.map { word in word.reduce(0) { nodes.number($0, $1) + 1 } }
        }
    }
}
