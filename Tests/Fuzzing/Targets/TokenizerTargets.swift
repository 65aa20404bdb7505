import Foundation
import Tokenization

extension FuzzTarget {
    static let tokenizers: [String: @Sendable () throws -> FuzzTarget] = [
        "tokenizer-json": tokenizerJSON, "tokenizer-pattern": tokenizerPattern, "tokenizer-model": tokenizerModel,
        "tokenizer-text": tokenizerText,
    ]

    /// `tokenizer.json`; what opens must encode any text.
    private static func tokenizerJSON() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let tokenizer = try? SubwordTokenizer(tokenizerJSON: bytes) else { return }
            check(tokenizer, Array(" Hello  wörld ab<s>x</s>\n\n  e\u{301}가\u{11A8} ▁▁ 123٣ 😀\u{0}".utf8))
            check(tokenizer, Array(bytes.suffix(64)))
        }
    }

    /// A pattern, a line break and a text to cut.
    private static func tokenizerPattern() -> FuzzTarget {
        FuzzTarget { bytes in
            let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            var options = ByteLevelTrainer.Options(vocabularySize: 300)
            options.pattern = String(decoding: parts[0], as: UTF8.self)
            guard var trainer = try? ByteLevelTrainer(options) else { return }
            let text = parts.count > 1 ? Array(parts[1].prefix(2000)) : []
            guard (try? trainer.add(text)) != nil else { return }
            guard let tokenizer = try? SubwordTokenizer(tokenizerJSON: trainer.train()) else {
                fatalError("what was trained isn't read: \(options.pattern)")
            }
            check(tokenizer, text)
        }
    }

    /// A model of SentencePiece, or ranks of tiktoken.
    private static func tokenizerModel() -> FuzzTarget {
        FuzzTarget { bytes in
            let text = Array("Hello  world ▁<s>é😀".utf8)
            if let tokenizer = try? SubwordTokenizer(sentencePiece: bytes) { check(tokenizer, text) }
            if let tokenizer = try? SubwordTokenizer(tiktoken: bytes, preTokenizer: "llama-bpe") {
                check(tokenizer, text)
            }
        }
    }

    /// Text, with tokenizers of several kinds.
    private static func tokenizerText() throws -> FuzzTarget {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../TokenizationTests/Fixtures")
        let tokenizers = try ["qwen", "gemma", "llama-normalized", "unigram-bytes", "odd", "many-patterns"].map {
            name in
            try SubwordTokenizer(
                tokenizerJSON: Array(try Data(contentsOf: folder.appending(path: "\(name).json"))), source: name)
        }
        return FuzzTarget { bytes in
            for tokenizer in tokenizers { check(tokenizer, bytes) }
        }
    }

    /// Places lie within the text and don't go back, ids within the vocabulary; streaming gives what decoding does.
    private static func check(_ tokenizer: SubwordTokenizer, _ text: [UInt8]) {
        for control in [ControlText.parsed, .plain] {
            guard let tokens = try? tokenizer.encode(text, control: control) else { continue }
            let count = String(decoding: text, as: UTF8.self).utf8.count
            for token in tokens {
                guard token.end >= 0, token.end <= count else { fatalError("a token ends at \(token.end) of \(count)") }
                guard token.id >= 0, Int(token.id) < tokenizer.vocabularyCount else { fatalError("an id \(token.id)") }
            }
            var decoder = StreamingDecoder(tokenizer)
            let streamed = tokens.map { decoder.append($0.id) }.joined() + decoder.finish()
            let decoded = String(decoding: tokenizer.decode(tokens.map { $0.id }), as: UTF8.self)
            guard streamed.utf8.elementsEqual(decoded.utf8) else { fatalError("streamed otherwise than decoded") }
        }
    }
}
