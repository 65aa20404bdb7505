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

/// The fields of a message of Protocol Buffers, one by one.
private struct ProtocolBufferReader {
    enum Value {
        case number(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>
    private let source: String

    init(_ bytes: ArraySlice<UInt8>, _ source: String) {
        rest = bytes
        self.source = source
    }

    private func error(_ message: String) -> TokenizerError {
        TokenizerError("\(source): byte \(rest.startIndex): \(message), expected a SentencePiece model")
    }

    mutating func next() throws(TokenizerError) -> (Int, Value)? {
        if rest.isEmpty { return nil }
        let key = try number()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw error("a field of number \(key >> 3)") }
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: return (field, .number(try number()))
        case 1: return (field, .fixed64(try fixed(8)))
        case 2:
            let count = try number()
            guard count <= UInt64(rest.count) else {
                throw error("a field of \(count) bytes, of which the file has \(rest.count)")
            }
            let bytes = rest.prefix(Int(count))
            rest = rest.dropFirst(Int(count))
            return (field, .bytes(bytes))
        case 5: return (field, .fixed32(UInt32(try fixed(4))))
        default: throw error("a field of kind \(key & 7)")
        }
    }

    private mutating func number() throws(TokenizerError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw error("the file ends within a number") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw error("a number of more than ten bytes")
    }

    private mutating func fixed(_ count: Int) throws(TokenizerError) -> UInt64 {
        guard rest.count >= count else { throw error("the file ends within a number") }
        var value: UInt64 = 0
        for byte in rest.prefix(count).reversed() { value = value << 8 | UInt64(byte) }
        rest = rest.dropFirst(count)
        return value
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
