import LanguageModels

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
}

extension ComposedModel {
    /// Of each augmenting model; nil for one that reads the anchor's tokens.
    package func alignmentSummaries(of corpus: TokenCorpus) -> [AlignmentSummary?] {
        alignments.indices.map { source in
            guard let empty = alignedText(source) else { return nil }
            var summary = AlignmentSummary()
            for sequence in 0..<corpus.count {
                var text = empty
                let stretch = text.read(corpus.tokens[corpus.range(sequence)])
                summary.anchorTokens += stretch.sights.count
                summary.branched += stretch.sights.count { !$0.branch.isEmpty }
                summary.tokens += stretch.mainCount
                summary.branchTokens += stretch.tokens.count - stretch.mainCount
                if !text.isReadable { summary.unreadable += 1 }
                if text.isCut { summary.cut += 1 }
            }
            return summary
        }
    }
}
