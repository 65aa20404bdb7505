/// Cuts texts into pieces exactly as SentencePiece does itself (`EncodeAsPieces`), of a `tokenizer.model` of either kind.
///
/// A ``SubwordTokenizer`` is what converters make of such a file; in texts with rare characters the two differ. A metric that
/// is defined over SentencePiece's pieces, such as BLEU with FLORES' tokenization, needs these.
///
/// Source: `unigram_model.cc`, `bpe_model.cc` and `sentencepiece_processor.cc` of google/sentencepiece.
package struct SentencePieceSegmenter: Sendable {
    let normalization: SentencePieceNormalization
    private let model: Model

    private enum Model: Sendable {
        case unigram(UnigramPieces)
        case bytePair(BytePairPieces)
    }

    /// A part of a normalized text.
    struct Part {
        var range: Range<Int>
        var isUnknown: Bool
    }

    /// - Throws: `TokenizerError` naming the source if the bytes are no such model.
    package init(_ bytes: [UInt8], source: String = "tokenizer.model") throws(TokenizerError) {
        let file = try SentencePieceFile(bytes, source)
        normalization = file.normalization
        switch file.modelType {
        case 1: model = .unigram(UnigramPieces(file.pieces))
        case 2: model = .bytePair(BytePairPieces(file.pieces))
        default:
            throw TokenizerError(
                "\(source): model type \(file.modelType) isn't supported; expected 1 (unigram) or 2 (BPE)")
        }
    }

    /// The pieces of a text, with ▁ for spaces; neighbouring characters that no piece has are one piece.
    package func pieces(of text: String) -> [String] {
        let text = normalization.normalized(Array(text.utf8))
        let parts =
            switch model {
            case .unigram(let pieces): pieces.parts(of: text)
            case .bytePair(let pieces): pieces.parts(of: text, normalization.isSymbolEnd)
            }
        var result: [String] = []
        var unknown: Range<Int>?
        func flush() {
            if let range = unknown { result.append(String(decoding: text[range], as: UTF8.self)) }
            unknown = nil
        }
        for part in parts {
            if part.isUnknown {
                unknown = (unknown?.lowerBound ?? part.range.lowerBound)..<part.range.upperBound
            } else {
                flush()
                result.append(String(decoding: text[part.range], as: UTF8.self))
            }
        }
        flush()
        return result
    }
}
