import Checkpoints
import Tokenization

extension GGUFFile {
    /// What the file says of its tokenizer.
    ///
    /// - Throws: `CheckpointError` if it says nothing, or a value isn't of the type that it must have.
    func vocabulary() throws -> GGUFVocabulary {
        guard let model = value("tokenizer.ggml.model")?.string, let list = value("tokenizer.ggml.tokens")?.array else {
            throw CheckpointError(
                path, "no tokenizer: keys 'tokenizer.ggml.model' and 'tokenizer.ggml.tokens' expected")
        }
        func strings(_ array: GGUFArray) throws -> ByteStrings {
            var strings = ByteStrings()
            strings.reserveCapacity(strings: array.count, bytes: array.count * 8)
            try array.forEachString { strings.append($1) }
            return strings
        }
        var vocabulary = GGUFVocabulary(model: model, tokens: try strings(list))
        vocabulary.preTokenizer = value("tokenizer.ggml.pre")?.string
        if let scores = value("tokenizer.ggml.scores")?.array { vocabulary.scores = try scores.floats() }
        if let kinds = value("tokenizer.ggml.token_type")?.array {
            vocabulary.kinds = try kinds.integers().map { Int32(truncatingIfNeeded: $0) }
        }
        if let merges = value("tokenizer.ggml.merges")?.array { vocabulary.merges = try strings(merges) }
        vocabulary.beginning = tokenID("bos")
        vocabulary.end = tokenID("eos")
        vocabulary.unknown = tokenID("unknown")
        vocabulary.addsBeginning = value("tokenizer.ggml.add_bos_token")?.bool
        vocabulary.addsEnd = value("tokenizer.ggml.add_eos_token")?.bool
        vocabulary.addsSpacePrefix = value("tokenizer.ggml.add_space_prefix")?.bool
        return vocabulary
    }

    /// Token `NAME` of `tokenizer.ggml.NAME_token_id`.
    func tokenID(_ name: String) -> Int32? {
        value("tokenizer.ggml.\(name)_token_id")?.integer.flatMap { Int32(exactly: $0) }
    }
}
