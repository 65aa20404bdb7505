/// A `tokenizer.model`, as far as cutting texts needs it: messages `ModelProto`, `TrainerSpec` and `NormalizerSpec` of
/// `sentencepiece_model.proto`.
struct SentencePieceFile {
    struct Piece: Sendable {
        enum Kind: Int, Sendable {
            case normal = 1
            case unknown, control, userDefined, unused, byte
        }

        var text: [UInt8] = []
        var score: Float = 0
        var kind = Kind.normal

        /// Whether it is found in texts.
        var isText: Bool { kind == .normal || kind == .userDefined || kind == .unused }
    }

    private(set) var pieces: [Piece] = []
    private(set) var modelType: UInt64 = 1
    private(set) var normalization = SentencePieceNormalization()

    init(_ bytes: [UInt8], _ source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(bytes[...], source)
        while let field = try reader.next() {
            switch field {
            case (1, .bytes(let message)): pieces.append(try Self.piece(message, source))
            case (2, .bytes(let message)): try readTrainer(message, source)
            case (3, .bytes(let message)): try readNormalizer(message, source)
            default: break
            }
        }
        guard pieces.contains(where: \.isText) else {
            throw TokenizerError("\(source): no pieces, expected a SentencePiece model")
        }
        for piece in pieces where piece.kind == .userDefined && !piece.text.isEmpty {
            normalization.symbols.insert(piece.text, value: 1)
        }
    }

    private static func piece(_ message: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) -> Piece {
        var piece = Piece()
        var reader = ProtocolBufferReader(message, source)
        while let field = try reader.next() {
            switch field {
            case (1, .bytes(let text)): piece.text = Array(text)
            case (2, .fixed32(let bits)):
                piece.score = Float(bitPattern: bits)
                guard piece.score.isFinite else {
                    throw TokenizerError("\(source): a piece has the score \(piece.score), expected a finite number")
                }
            case (3, .number(let number)):
                guard let kind = Int(exactly: number).flatMap(Piece.Kind.init(rawValue:)) else {
                    throw TokenizerError("\(source): a piece has the type \(number), expected 1 to 6")
                }
                piece.kind = kind
            default: break
            }
        }
        return piece
    }

    private mutating func readTrainer(_ message: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(message, source)
        while let field = try reader.next() {
            switch field {
            case (3, .number(let type)): modelType = type
            case (24, .number(let flag)): normalization.hasSpaceAsSuffix = flag != 0
            case (35, .number(let flag)) where flag != 0:
                throw TokenizerError("\(source): byte fallback isn't supported in metrics")
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ message: ArraySlice<UInt8>, _ source: String) throws(TokenizerError) {
        var reader = ProtocolBufferReader(message, source)
        while let field = try reader.next() {
            switch field {
            case (2, .bytes(let bytes)) where !bytes.isEmpty:
                guard let map = CharacterMap(Array(bytes)) else {
                    throw TokenizerError("\(source): the precompiled character map is not valid")
                }
                normalization.map = map
            case (3, .number(let flag)): normalization.addsDummyPrefix = flag != 0
            case (4, .number(let flag)): normalization.removesExtraSpaces = flag != 0
            case (5, .number(let flag)): normalization.escapesSpaces = flag != 0
            default: break
            }
        }
    }
}
