/// Finds out whether keys have nearly the words of another: a Jaccard similarity, |a ∩ b| / |a ∪ b|, of the threshold or more.
///
/// Whatever is that similar to a key of n words has ⌈threshold · n⌉ of them at least, thus one of any n − ⌈threshold · n⌉ + 1: only
/// the keys that have one of its rarest words are compared.
///
/// Source: S. Chaudhuri et al., A primitive operator for similarity joins in data cleaning, ICDE 2006.
package struct NearDuplicates {
    private let threshold: Double
    private var numbers: [String: Int] = [:]
    /// The words of each key, sorted numbers.
    private var keys: [[Int]] = []
    /// The keys that have a word.
    private var postings: [[Int]] = []

    /// - Precondition: The threshold is above 0.
    package init(of keys: some Sequence<EnglishKey>, threshold: Double) {
        precondition(threshold > 0)
        self.threshold = threshold
        for (index, key) in keys.enumerated() {
            var words: [Int] = []
            for word in key.words {
                let number = numbers[word] ?? numbers.count
                if number == postings.count {
                    numbers[word] = number
                    postings.append([])
                }
                postings[number].append(index)
                words.append(number)
            }
            self.keys.append(words.sorted())
        }
    }

    package func contains(nearly key: EnglishKey) -> Bool {
        let size = key.words.count
        let known = key.words.compactMap { numbers[$0] }.sorted()
        // Less a little, since a product may come out above a whole number.
        let needed = Int((threshold * Double(size) - 1e-9).rounded(.up))
        guard size > 0, known.count >= needed else { return false }
        // Words that no key has are the rarest.
        let probes = size - needed + 1 - (size - known.count)
        for word in known.sorted(by: { postings[$0].count < postings[$1].count }).prefix(probes) {
            for candidate in postings[word] where isNear(keys[candidate], known, size) { return true }
        }
        return false
    }

    private func isNear(_ candidate: [Int], _ known: [Int], _ size: Int) -> Bool {
        let (less, more) = (Double(min(candidate.count, size)), Double(max(candidate.count, size)))
        guard less / more >= threshold else { return false }
        var (i, j, shared) = (0, 0, 0)
        while i < candidate.count, j < known.count {
            if candidate[i] == known[j] {
                (i, j, shared) = (i + 1, j + 1, shared + 1)
            } else if candidate[i] < known[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return Double(shared) / Double(candidate.count + size - shared) >= threshold
    }
}
