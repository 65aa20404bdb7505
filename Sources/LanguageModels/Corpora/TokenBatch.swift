import NeuralNetworks

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
    package let layout: SequenceLayout

    /// The given sequences of a corpus.
    package init(_ corpus: TokenCorpus, sequences: some Sequence<Int>) {
        for sequence in sequences {
            self.sequences.append(sequence)
            let range = corpus.range(sequence)
            let last = range.last { corpus.scored[$0] } ?? range.lowerBound
            for index in range.lowerBound..<last {
                if corpus.scored[index + 1] {
                    scoredRows.append(Int32(tokens.count))
                    targets.append(corpus.tokens[index + 1])
                }
                tokens.append(corpus.tokens[index])
            }
            offsets.append(tokens.count)
        }
        layout = .causal(offsets: offsets)
    }
}
