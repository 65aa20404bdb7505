import NeuralNetworks
import Tensors

/// Sequences packed end to end for one forward pass, without padding: N input rows, R of them scored.
///
/// Row r reads a token and predicts the next one. What comes after a sequence's last scored token is left out.
package struct TokenBatch: Sendable {
    /// Input ids, one a row.
    package private(set) var tokens: [Int32] = []
    /// Sequence i has rows offsets[i]..<offsets[i + 1].
    package private(set) var offsets: [Int] = [0]
    /// Rows whose prediction is scored, and the ids they should predict.
    package private(set) var scoredRows: [Int32] = []
    package private(set) var targets: [Int32] = []
    /// Number of each sequence in the corpus that it comes from.
    package private(set) var sequences: [Int] = []
    /// Positions and causal visibility of the rows.
    package private(set) var layout = SequenceLayout.causal(offsets: [0])
    /// The same for a last layer, of which only the scored rows are read.
    package private(set) var scoredLayout = SequenceLayout.causal(offsets: [0])

    /// No sequences.
    package init() {}

    /// The given sequences of a corpus.
    package init(_ corpus: TokenCorpus, sequences: some Sequence<Int>) {
        fill(from: corpus, sequences: sequences)
    }

    /// Becomes the given sequences of a corpus, in the memory that it has.
    package mutating func fill(from corpus: TokenCorpus, sequences: some Sequence<Int>) {
        tokens.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
        scoredRows.removeAll(keepingCapacity: true)
        targets.removeAll(keepingCapacity: true)
        self.sequences.removeAll(keepingCapacity: true)
        for sequence in sequences {
            self.sequences.append(sequence)
            let start = corpus.range(sequence).lowerBound
            for index in start..<start + Self.rows(of: sequence, in: corpus) {
                if corpus.scored[index + 1] {
                    scoredRows.append(Int32(tokens.count))
                    targets.append(corpus.tokens[index + 1])
                }
                tokens.append(corpus.tokens[index])
            }
            offsets.append(tokens.count)
        }
        layout.setCausal(offsets: offsets)
        scoredLayout.setCausal(offsets: offsets)
        scoredLayout.ask(only: scoredRows)
    }

    /// The same sequences, each behind `prefix`, which they share: its rows come first, once, and nothing is predicted from them.
    package func behind(_ prefix: [Int32]) -> TokenBatch {
        let count = prefix.count
        var result = self
        result.tokens = prefix + tokens
        result.offsets = offsets.map { $0 + count }
        result.scoredRows = scoredRows.map { $0 + Int32(count) }
        var rows: [(queries: Range<Int>, keys: Range<Int>)] = [(0..<count, 0..<count)]
        var positions = (0..<count).map { Int32($0) }
        var visible = (1...max(1, count)).map { Int32($0) }
        var holes = [Range<Int32>](repeating: 0..<0, count: count)
        for (start, end) in zip(result.offsets, result.offsets.dropFirst()) {
            rows.append((start..<end, 0..<end))
            for row in start..<end {
                positions.append(Int32(count + row - start))
                visible.append(Int32(row + 1))
                holes.append(Int32(count)..<Int32(start))
            }
        }
        result.layout = SequenceLayout(
            positions: positions, pattern: AttentionPattern(sequences: rows, visible: visible, holes: holes))
        result.scoredLayout = result.layout
        result.scoredLayout.ask(only: result.scoredRows)
        return result
    }

    /// Rows of each sequence before the one that its first scored token is predicted from, which is its prompt's last; all rows
    /// of a sequence that has none.
    package var fronts: [Int] {
        var scored = scoredRows[...]
        return zip(offsets, offsets.dropFirst()).map { start, end in
            let own = scored.prefix { $0 < end }
            scored = scored.dropFirst(own.count)
            return (own.first.map(Int.init) ?? end) - start
        }
    }

    /// How many rows a sequence takes: the tokens before its last scored one.
    package static func rows(of sequence: Int, in corpus: TokenCorpus) -> Int {
        let range = corpus.range(sequence)
        return (range.last { corpus.scored[$0] } ?? range.lowerBound) - range.lowerBound
    }
}
