/// Reads `tokenizer.model` of SentencePiece: a message `ModelProto` of Protocol Buffers.
///
/// Of it the pieces count (field 1: text 1, score 2, type 3), the kind of model (field 2, `trainer_spec`: model type 3,
/// byte fallback 35, ids of unknown 40, beginning 41 and end 42) and the dummy prefix (field 3, `normalizer_spec`: 3).
enum SentencePieceModel {
    static func read(_ bytes: [UInt8], _ source: String) throws(TokenizerError) -> GGUFVocabulary {
        var vocabulary = GGUFVocabulary(model: "llama", tokens: ByteStrings())
        var modelType = 1
        vocabulary.addsSpacePrefix = true
        (vocabulary.unknown, vocabulary.beginning, vocabulary.end) = (0, 1, 2)
        var reader = ProtocolBufferReader(bytes[...], source)
        while let field = try reader.next() {
            switch field {
            case (1, .bytes(let piece)):
                var text: ArraySlice<UInt8> = []
                var score: Float = 0
                var kind: Int32 = 1
                var reader = ProtocolBufferReader(piece, source)
                while let field = try reader.next() {
                    switch field {
                    case (1, .bytes(let bytes)): text = bytes
                    case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
                    case (3, .number(let number)): kind = Int32(truncatingIfNeeded: number)
                    default: break
                    }
                }
                vocabulary.tokens.append(text)
                vocabulary.scores.append(score)
                vocabulary.kinds.append(kind)
            case (2, .bytes(let specification)):
                var reader = ProtocolBufferReader(specification, source)
                while let field = try reader.next() {
                    guard case (let number, .number(let value)) = field else { continue }
                    let id = Int64(bitPattern: value)
                    switch number {
                    case 3: modelType = Int(truncatingIfNeeded: value)
                    case 40: vocabulary.unknown = id < 0 ? nil : Int32(truncatingIfNeeded: id)
                    case 41: vocabulary.beginning = id < 0 ? nil : Int32(truncatingIfNeeded: id)
                    case 42: vocabulary.end = id < 0 ? nil : Int32(truncatingIfNeeded: id)
                    default: break
                    }
                }
            case (3, .bytes(let specification)):
                var reader = ProtocolBufferReader(specification, source)
                while let field = try reader.next() {
                    switch field {
                    case (2, .bytes(let map)) where !map.isEmpty:
                        throw TokenizerError("\(source): a precompiled character map isn't supported")
                    case (3, .number(let flag)): vocabulary.addsSpacePrefix = flag != 0
                    default: break
                    }
                }
            default: break
            }
        }
        guard modelType == 2 else {
            throw TokenizerError("\(source): model type \(modelType) isn't supported; 2, which is BPE, is")
        }
        return vocabulary
    }
}

extension SubwordTokenizer {
    /// Reads `tokenizer.model` of SentencePiece, as the `tokenizer.json` that converters make of it.
    package convenience init(
        sentencePiece bytes: [UInt8], source: String = "tokenizer.model"
    ) throws(TokenizerError) {
        var file = try SentencePieceModel.read(bytes, source)
        // Converters write the beginning before every text.
        file.addsBeginning = true
        try self.init(file, source: source)
    }
}
