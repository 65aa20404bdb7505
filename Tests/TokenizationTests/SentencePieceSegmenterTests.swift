import Foundation
import Testing
import Tokenization

/// Pieces beside SentencePiece's own; see `Oracle/make_pieces.py`.
@Suite struct SentencePieceSegmenterTests {
    private struct Expectations: Decodable {
        struct Model: Decodable {
            let name: String
            let model: Data
            let pieces: [[String]]
        }
        let texts: [String]
        let models: [Model]

        static func read() throws -> Expectations {
            let file = Fixture.folder.appending(path: "pieces.json")
            return try JSONDecoder().decode(Expectations.self, from: Data(contentsOf: file))
        }
    }

    @Test("pieces are SentencePiece's, of either kind of model, whatever its normalization does")
    func oracle() throws {
        let expectations = try Expectations.read()
        #expect(expectations.models.count == 8 && expectations.texts.count == 73)
        for expected in expectations.models {
            let segmenter = try SentencePieceSegmenter(Array(expected.model))
            try #require(expected.pieces.count == expectations.texts.count)
            for (text, pieces) in zip(expectations.texts, expected.pieces) {
                let found = segmenter.pieces(of: text)
                #expect(
                    found.count == pieces.count
                        && zip(found, pieces).allSatisfy { $0.utf8.elementsEqual($1.utf8) },
                    "\(expected.name): \(text.debugDescription): \(found), not \(pieces)")
            }
        }
    }

    @Test("cut and changed files are errors, or models that end on every text")
    func hostile() throws {
        let bytes = Array(try #require(try Expectations.read().models.first).model)
        for count in [0, 1, 2, 10, 100, bytes.count / 2] {
            #expect(throws: TokenizerError.self) { try SentencePieceSegmenter(Array(bytes.prefix(count)), source: "x") }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<30 {
            var changed = bytes
            for _ in 0..<3 { changed[Int.random(in: changed.indices, using: &generator)] = .random(in: 0...255) }
            if let segmenter = try? SentencePieceSegmenter(changed) {
                _ = segmenter.pieces(of: "the cat\u{3000}sat aaaa é")
            }
        }
    }

    @Test("another kind of model is named")
    func kinds() throws {
        // A piece, and a trainer's specification with the type of word models.
        let bytes: [UInt8] = [0x0A, 3, 0x0A, 1, 0x61, 0x12, 2, 0x18, 3]
        let error = #expect(throws: TokenizerError.self) { try SentencePieceSegmenter(bytes, source: "x") }
        #expect(error?.description == "x: model type 3 isn't supported; expected 1 (unigram) or 2 (BPE)")
        let fallback: [UInt8] = [0x0A, 3, 0x0A, 1, 0x61, 0x12, 3, 0x98, 2, 1]
        #expect(throws: TokenizerError.self) { try SentencePieceSegmenter(fallback, source: "x") }
    }

    @Test("a long text takes time in proportion to it")
    func long() throws {
        let text = String(repeating: "the cat sat ", count: 10_000)
        for expected in try Expectations.read().models where expected.name.hasSuffix("plain") {
            let segmenter = try SentencePieceSegmenter(Array(expected.model))
            #expect(segmenter.pieces(of: text).joined().unicodeScalars.count == text.unicodeScalars.count)
        }
    }
}
