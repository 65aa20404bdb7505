/// SentencePiece BPE in GGUF files: `tokenizer.ggml.model` is `llama`.
enum GGUFSentencePiece {
    static func parts(_ file: GGUFVocabulary, _ source: String) throws(TokenizerError) -> SubwordTokenizer.Parts {
        guard !file.scores.isEmpty else {
            throw TokenizerError("\(source): tokenizer.ggml.scores: found none, expected one a token")
        }
        var file = file
        file.writeSpaceRuns()
        let vocabulary = file.vocabulary
        var options = BytePairModel.Options()
        options.unknown = file.unknown.map { Array(file.tokens[Int($0)]) }
        options.fusesUnknown = true
        options.fallsBackToBytes = true
        let pieces = (0..<file.tokens.count).filter { id in
            let kind = file.kind(id)
            return kind == .normal || kind == .userDefined
        }
        let merges = ScoredMerges.merges(vocabulary, pieces: pieces) { file.scores[$0] }
        return parts(file, vocabulary, merges, options)
    }

    private static func parts(
        _ file: GGUFVocabulary, _ vocabulary: Vocabulary, _ merges: Merges, _ options: BytePairModel.Options
    ) -> SubwordTokenizer.Parts {
        var parts = SubwordTokenizer.Parts(model: .bytePair(vocabulary: vocabulary, merges: merges, options))
        let mark = BytePairModel.spaceMark
        let hasPrefix = file.addsSpacePrefix ?? true
        let replacement = Normalizer.replace(.literal([0x20]), with: mark)
        parts.normalizer = hasPrefix ? .sequence([.prepend(mark), replacement]) : replacement
        parts.decoder = TokenDecoder(steps: [.replace(mark, with: [0x20]), .byteFallback])
        if hasPrefix {
            parts.decoder.leadingScalar = [0x20]
            parts.decoder.leadingCount = 1
        }
        parts.addedTokens = file.addedTokens { Array(file.tokens[$0]) }
        file.frame(&parts, addsBeginning: true)
        return parts
    }
}

extension GGUFVocabulary {
    /// Writes tokens that are runs of spaces, as Gemma's are stored, with the ▁ that the others have.
    fileprivate mutating func writeSpaceRuns() {
        func isRun(_ index: Int) -> Bool { !tokens[index].isEmpty && tokens[index].allSatisfy { $0 == 0x20 } }
        guard (0..<tokens.count).contains(where: isRun) else { return }
        var written = ByteStrings()
        written.reserveCapacity(strings: tokens.count, bytes: tokens.bytes.count + 4096)
        for index in 0..<tokens.count {
            if isRun(index) {
                written.append(tokens[index].flatMap { _ in BytePairModel.spaceMark })
            } else {
                written.append(tokens[index])
            }
        }
        tokens = written
    }
}
