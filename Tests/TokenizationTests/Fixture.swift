import Foundation
import Testing
import Tokenization

/// A small tokenizer, and what Hugging Face `tokenizers` makes of texts with it; see `Fixtures/make-fixtures.py`.
struct Fixture: Sendable, CustomTestStringConvertible {
    struct Case: Decodable, Sendable {
        var text: String
        var ids: [Int32]
        /// Where each token ends; one within a character ends where the character does.
        var ends: [Int]
        /// The ids with control tokens read as text.
        var plain: [Int32]
        /// What the ids decode to, and without control tokens.
        var decoded: String
        var skipped: String
    }

    let name: String
    let cases: [Case]

    var testDescription: String { name }

    static let names = [
        "gpt2", "smollm", "qwen", "llama3", "tekken", "deepseek", "many-patterns", "prefixed", "mistral", "gemma",
        "llama-first", "llama-normalized", "unigram", "unigram-bytes", "odd", "mapped", "word-pieces",
        "word-pieces-plain",
        "suffixed",
    ]

    static let all: [Fixture] = {
        guard let data = try? Data(contentsOf: folder.appending(path: "cases.json")),
            let cases = try? JSONDecoder().decode([String: [Case]].self, from: data)
        else { return [] }
        return names.map { Fixture(name: $0, cases: cases[$0] ?? []) }
    }()

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func json(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    /// Opened once: without optimization it takes a while.
    private static let tokenizers = Dictionary(
        uniqueKeysWithValues: names.map { name in
            (name, Result { try SubwordTokenizer(tokenizerJSON: json(name), source: "\(name).json") })
        })

    func tokenizer() throws -> SubwordTokenizer {
        try #require(Self.tokenizers[name]).get()
    }
}

extension String {
    /// Places rounded up to the ends of characters.
    func roundedUp(_ ends: [Int]) -> [Int] {
        var rounded = [Int](repeating: 0, count: utf8.count + 1)
        var end = 0
        for scalar in unicodeScalars {
            let length = scalar.utf8.count
            for place in end + 1...end + length { rounded[place] = end + length }
            end += length
        }
        return ends.map { rounded[$0] }
    }
}
