import LanguageModels
import Synchronization
import Tensors

/// What the augmenting models read beside each sequence of a corpus: worked out once, for every epoch of training.
package struct AlignedCorpus: Sendable {
    /// Of each augmenting model, by sequence; nil for one that reads the anchor's tokens.
    let stretches: [[AlignedStretch]?]
    /// Of each augmenting model; nil for one that reads the anchor's tokens.
    package let summaries: [AlignmentSummary?]
}

/// How the texts of a corpus come out in the tokens of an augmenting model that has its own tokenizer.
package struct AlignmentSummary: Sendable, Equatable {
    /// Tokens of the anchor, and those among them that see a branch: a word that goes on, read as if it ended there.
    package var anchorTokens = 0
    package var branched = 0
    /// Tokens that the augmenting model reads of the texts, and those of branches besides.
    package var tokens = 0
    package var branchTokens = 0
    /// Texts that the augmenting model has no tokens for from some character on; it reads what is before that.
    package var unreadable = 0
    /// Texts longer than the augmenting model reads; it sees their beginnings.
    package var cut = 0

    fileprivate mutating func count(_ stretch: AlignedStretch, _ text: AlignedText) {
        anchorTokens += stretch.sights.count
        branched += stretch.sights.count { !$0.branch.isEmpty }
        tokens += stretch.mainCount
        branchTokens += stretch.tokens.count - stretch.mainCount
        if !text.isReadable { unreadable += 1 }
        if text.isCut { cut += 1 }
    }

    fileprivate static func += (left: inout Self, right: Self) {
        left.anchorTokens += right.anchorTokens
        left.branched += right.branched
        left.tokens += right.tokens
        left.branchTokens += right.branchTokens
        left.unreadable += right.unreadable
        left.cut += right.cut
    }
}

extension ComposedModel {
    /// Aligns a corpus for training.
    ///
    /// - Parameter prompts: Of each augmenting model and sequence what it reads in place of the prompt, in its own tokens; nil
    ///   for the prompts of the corpus.
    package func align(_ corpus: TokenCorpus, prompts: [[[Int32]?]]? = nil, threads: Int = 1) -> AlignedCorpus {
        var stretches: [[AlignedStretch]?] = []
        var summaries: [AlignmentSummary?] = []
        for source in alignments.indices {
            guard let empty = alignedText(source) else {
                stretches.append(nil)
                summaries.append(nil)
                continue
            }
            let own = prompts?[source]
            let parts = Mutex<[(stretches: [AlignedStretch], summary: AlignmentSummary)]>(
                Array(repeating: ([], AlignmentSummary()), count: (corpus.count + 255) / 256))
            let pool = WorkerPool(threads: threads)
            pool.run(parts.withLock(\.count)) { index in
                var (part, summary) = ([AlignedStretch](), AlignmentSummary())
                for sequence in index * 256..<min((index + 1) * 256, corpus.count) {
                    let range = corpus.range(sequence)
                    let unscored = corpus.unscoredCount(sequence)
                    var text = empty
                    let stretch = text.read(
                        corpus.tokens[range.prefix(TokenBatch.rows(of: sequence, in: corpus))],
                        promptCount: unscored < range.count ? unscored : nil,
                        own: own?[sequence] ?? nil)
                    summary.count(stretch, text)
                    part.append(stretch)
                }
                parts.withLock { $0[index] = (part, summary) }
            }
            let found = parts.withLock { $0 }
            stretches.append(found.flatMap(\.stretches))
            summaries.append(found.reduce(into: AlignmentSummary()) { $0 += $1.summary })
        }
        return AlignedCorpus(stretches: stretches, summaries: summaries)
    }

    /// Of a batch: for each augmenting model a stretch a sequence, or nil.
    func stretches(of batch: TokenBatch) -> [[AlignedStretch]?] {
        if let aligned { return aligned.stretches.map { own in own.map { own in batch.sequences.map { own[$0] } } } }
        let sequences = zip(zip(batch.offsets, batch.offsets.dropFirst()), batch.fronts)
        return alignments.indices.map { source in
            alignedText(source).map { empty in
                sequences.map { rows, front in
                    var text = empty
                    return text.read(batch.tokens[rows.0..<rows.1], promptCount: front + 1)
                }
            }
        }
    }
}
