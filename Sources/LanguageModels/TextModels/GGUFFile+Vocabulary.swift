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

    /// The tokenizer that the file describes.
    ///
    /// - Throws: `CheckpointError` if it describes none, `TokenizerError`.
    package func tokenizer() throws -> SubwordTokenizer { try SubwordTokenizer(vocabulary(), source: path) }

    /// Writes a GGUF file that has this one's tokenizer, and neither tensors nor other keys, as llama.cpp's vocabulary files.
    ///
    /// - Throws: `CheckpointError`.
    package func writeTokenizer(to path: String) throws {
        var file = GGUFExport(architecture: value("general.architecture")?.string ?? "")
        for key in keys where key.hasPrefix("tokenizer.ggml.") {
            if let value = try value(key)?.exported { file.set(key, value) }
        }
        try file.write(to: path)
    }

    /// Token `NAME` of `tokenizer.ggml.NAME_token_id`.
    func tokenID(_ name: String) -> Int32? {
        value("tokenizer.ggml.\(name)_token_id")?.integer.flatMap { Int32(exactly: $0) }
    }
}

extension GGUFValue {
    /// The same value as it is written; nil for a kind of value that no tokenizer has.
    fileprivate var exported: GGUFExport.Value? {
        get throws {
            switch self {
            case .bool(let flag): return .bool(flag)
            case .string(let text): return .string(text)
            case .float32(let number): return .float32(number)
            case .array(let array):
                switch array.elementType {
                case .string:
                    var texts: [[UInt8]] = []
                    texts.reserveCapacity(array.count)
                    try array.forEachString { texts.append(Array($1)) }
                    return .strings(texts)
                case .float32: return .float32s(try array.floats())
                case .bool: return .bools(try array.bools())
                case .array, .float64: return nil
                default: return .int32s(try array.integers().map { Int32(truncatingIfNeeded: $0) })
                }
            default: return integer.flatMap { Int32(exactly: $0) }.map { .int32($0) }
            }
        }
    }
}
