import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Testing

/// `text.corpus`, and what tokenizers and token corpora make of its datasets.
@Suite("Corpora of texts") struct TextCorpusTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func stage(_ texts: String, _ with: String) -> String {
        "  c: { uses: text.corpus, in: { texts: \(texts) }, with: { \(with) } }\n"
    }

    private func documents(_ split: String, of result: RunResult) throws -> [(source: String, text: String)] {
        let artifact = try workshop.workshop.artifact("c", split, of: result)
        return try String(decoding: artifact.data("documents.jsonl"), as: UTF8.self).split(separator: "\n").map {
            let object = try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])
            #expect(object.count == 2)
            return (try #require(object["source"]), try #require(object["text"]))
        }
    }

    /// The documents without a split; their sources and texts.
    private func whole(_ texts: String, _ with: String = "") async throws -> (
        documents: [[String]], metrics: [String: Double]
    ) {
        let result = try await workshop.run(
            stage(texts, "validation: 0, test: 0" + (with.isEmpty ? "" : ", \(with)")))
        #expect(result.stages.first?.failure == nil, "\(result.stages.first?.failure?.message ?? "")")
        #expect(result.stages.first?.outputs.keys.sorted() == ["train"])
        return (try documents("train", of: result).map { [$0.source, $0.text] }, result.metrics("c"))
    }

    private func failure(_ texts: String, _ with: String = "") async throws -> StageFailure {
        try #require(try await workshop.run(stage(texts, with)).stages.first?.failure)
    }

    @Test("what a document is: a file, a paragraph, a line, an object of JSONL, by the file's name if nothing is said")
    func units() async throws {
        try workshop.write("\u{FEFF}one\r\ntwo\n\n \t\nthree\nfour\n", to: "texts/b.txt")
        try workshop.write("\n  \r\n", to: "texts/empty.txt")
        try workshop.write(
            "{\"text\": \"a \\u00e9\", \"id\": 1}\r\n\n{\"id\": 2, \"text\": \"b\"}", to: "texts/a.jsonl")
        let folder = "{ folder: texts }"
        let auto = try await whole(folder)
        #expect(
            auto.documents == [
                ["a.jsonl:1", "a é"], ["a.jsonl:3", "b"], ["b.txt", "one\r\ntwo\n\n \t\nthree\nfour\n"],
            ])
        #expect(auto.metrics["documents"] == 3 && auto.metrics["empty"] == 1 && auto.metrics["bytes"] == 29)
        let files = try await whole(folder, "documents: files").documents
        #expect(files.map { $0[0] } == ["a.jsonl", "b.txt"])
        let text = "{ file: texts/b.txt }"
        let paragraphs = try await whole(text, "documents: paragraphs").documents
        #expect(paragraphs == [["b.txt:1", "one\r\ntwo"], ["b.txt:5", "three\nfour"]])
        let lines = try await whole(text, "documents: lines")
        #expect(
            lines.documents == [["b.txt:1", "one"], ["b.txt:2", "two"], ["b.txt:5", "three"], ["b.txt:6", "four"]])
        #expect(lines.metrics["empty"] == 2)
        try workshop.write("{\"story\": \"s\", \"text\": \"t\"}\n", to: "named.txt")
        let named = try await whole("{ file: named.txt }", "documents: jsonl, field: story").documents
        #expect(named == [["named.txt:1", "s"]])
        #expect(try await whole("{ glob: \"texts/*.jsonl\" }").documents.map { $0[1] } == ["a é", "b"])
    }

    @Test("a document's split depends on its text and the seed alone: others and other shares move none")
    func splits() async throws {
        func lines(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }
        func split(_ texts: String, _ with: String) async throws -> [String: Set<String>] {
            let result = try await workshop.run(stage(texts, "documents: lines, \(with)"))
            let found = try ["train", "validation", "test"].map { ($0, Set(try documents($0, of: result).map(\.text))) }
            return Dictionary(uniqueKeysWithValues: found)
        }
        try workshop.write(lines(0..<2_000), to: "a.txt")
        try workshop.write(lines(1_500..<3_000), to: "b.txt")
        let shares = "validation: 0.1, test: 0.2"
        let few = try await split("{ file: a.txt }", shares)
        let (train, validation, test) = (few["train"] ?? [], few["validation"] ?? [], few["test"] ?? [])
        #expect(train.count + validation.count + test.count == 2_000)
        // Five standard deviations of a draw of 2,000.
        #expect(abs(validation.count - 200) < 68 && abs(test.count - 400) < 90, "\(validation.count), \(test.count)")
        let more = try await split("[{ file: b.txt }, { file: a.txt }]", shares)
        for (name, texts) in few { #expect(more[name]?.intersection(few.values.reduce([]) { $0.union($1) }) == texts) }
        #expect(more.values.reduce(0) { $0 + $1.count } == 3_000)
        let larger = try await split("{ file: a.txt }", "validation: 0.1, test: 0.4")
        #expect(larger["validation"] == validation && test.isStrictSubset(of: larger["test"] ?? []))
        let other = try await split("{ file: a.txt }", "\(shares), seed: 1")
        #expect(other["test"] != test && abs((other["test"]?.count ?? 0) - 400) < 90)
    }

    @Test("of exact copies the first stays, wherever they come from; texts that are written otherwise are others")
    func duplicates() async throws {
        try workshop.write("cafe\u{301}\nsame\nsame\n", to: "a.txt")
        try workshop.write("caf\u{E9}\nsame \nsame\n", to: "b.txt")
        try workshop.write("{\"text\": \"same\"}\n", to: "c.jsonl")
        let found = try await workshop.run(
            "  d: { uses: text.corpus, in: { texts: { file: c.jsonl } }, with: { validation: 0, test: 0 } }\n"
                + stage(
                    "[{ file: a.txt }, { file: b.txt }, d]", "documents: lines, validation: 0, test: 0"))
        let texts = try documents("train", of: found).map { Array($0.text.utf8) }
        #expect(texts == ["cafe\u{301}", "same", "caf\u{E9}", "same "].map { Array($0.utf8) })
        #expect(found.metrics("c")["duplicates"] == 3)
    }

    @Test("a document that isn't UTF-8 fails the stage with its place, is left out, or is mended")
    func invalid() async throws {
        let file = workshop.folder.appendingPathComponent("bad.txt")
        try Data(Array("good\n\u{E9} ".utf8) + [0xC3, 0x28, 0xFF] + Array("\nlast\n".utf8)).write(to: file)
        for unit in ["files", "lines", "paragraphs"] {
            let failure = try await failure("{ file: bad.txt }", "documents: \(unit)")
            #expect(failure.category == .badInput)
            #expect(
                failure.message.hasPrefix("bad.txt of 'bad.txt', line 2, byte 4: 0xC3 is not UTF-8; convert"),
                "\(failure.message)")
        }
        let skipped = try await whole("{ file: bad.txt }", "documents: lines, invalid-utf8: skip")
        #expect(skipped.documents.map { $0[1] } == ["good", "last"] && skipped.metrics["invalid"] == 1)
        let mended = try await whole("{ file: bad.txt }", "documents: lines, invalid-utf8: replace")
        #expect(mended.documents.map { $0[1] } == ["good", "\u{E9} \u{FFFD}(\u{FFFD}", "last"])
        #expect(mended.metrics["invalid"] == 1)
        let none = try await failure("{ file: bad.txt }", "documents: files, invalid-utf8: skip")
        #expect(none.message.contains("the input 'texts' has no text"))
    }

    @Test(
        "a line of JSONL that has no text is named, with what it has",
        arguments: [
            ("{\"text\": 5}", "line 2, field 'text': an integer, expected a string"),
            ("[1]", "line 2: a list, expected an object"),
            ("{\"id\": 1, \"body\": \"b\"}", "line 2 has no field 'text'; it has: id, body"), ("{}", "it has: none"),
            ("{\"text\": \"a", "line 2, column 12"),
            ("{\"text\": null}", "line 2, field 'text': null, expected a string"),
        ])
    func badLines(line: String, message: String) async throws {
        try workshop.write("{\"text\": \"a\"}\n\(line)\n", to: "a.jsonl")
        let failure = try await failure("{ file: a.jsonl }")
        #expect(failure.category == .badInput)
        #expect(
            failure.message.contains("a.jsonl of 'a.jsonl', line 2") && failure.message.contains(message),
            "\(failure.message)")
    }

    @Test("a split without a document is said to be so, and nothing can be made of it")
    func nothing() async throws {
        try workshop.write("alone\n", to: "a.txt")
        let result = try await workshop.run(
            stage("{ file: a.txt }", "test: 0.001") + """
                  t: { uses: tokenizer.train, in: { texts: c.train } }
                  k: { uses: corpus.tokenize, in: { datasets: c.test, tokenizer: t } }

                """)
        #expect(result.metrics("c")["test.documents"] == 0)
        #expect(try documents("test", of: result).isEmpty)
        let failure = try #require(result.stages.first { $0.name == "k" }?.failure)
        #expect(failure.category == .badInput && failure.message.hasSuffix("has no text"), "\(failure.message)")
    }

    @Test("tokenizers learn from documents as from the same text in files")
    func tokenizers() async throws {
        let text = "the cat sat on the mat\nthe dog sat on the log\n"
        try workshop.write(text, to: "a.txt")
        let result = try await workshop.run(
            stage("{ file: a.txt }", "validation: 0, test: 0") + """
                  file: { uses: tokenizer.train, in: { texts: { file: a.txt } }, with: { vocabulary-size: 280 } }
                  texts: { uses: tokenizer.train, in: { texts: c }, with: { vocabulary-size: 280 } }
                  whole: { uses: tokenizer.train, in: { texts: c }, with: { vocabulary-size: 280, texts: files } }

                """)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.failure?.message ?? "")") }
        #expect(result.outputs["texts.tokenizer"] == result.outputs["file.tokenizer"])
        #expect(result.metrics("whole")["bytes"] == Double(text.utf8.count))
    }
}

/// Sequences of texts.
@Suite("Texts in token corpora") struct TextSequenceTests {
    private static let text = "one two <|endoftext|> three four five six seven eight nine ten\n"

    /// The corpus of one text.
    private func corpus(
        _ with: String, tokens: String, texts: String = "c.train", text: String = Self.text
    ) async throws -> (corpus: TokenCorpus, ids: [Int32], end: Int32?) {
        let workshop = try SourceWorkshop()
        try workshop.write(text, to: "a.txt")
        let result = try await workshop.run(
            """
              c: { uses: text.corpus, in: { texts: { file: a.txt } }, with: { validation: 0, test: 0 } }
              t: { uses: tokenizer.train, in: { texts: c }, with: { vocabulary-size: 262, special-tokens: [\(tokens)] } }
              k: { uses: corpus.tokenize, in: { datasets: \(texts), tokenizer: t }, with: { \(with) } }

            """)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        let artifact = try workshop.workshop.artifact("k", "corpus", of: result)
        let tokenizer = try StoredTokenizer(artifact, tasks: .builtIn).tokenizer
        return (
            try TokenCorpus(safetensors: artifact.data("corpus.safetensors")),
            try tokenizer.encode(text).map(\.id), tokenizer.end
        )
    }

    @Test(
        "the pieces of a text score each of its tokens once, from the token that ends texts to the one that ends it",
        arguments: [2, 3, 7, 1_000], ["'<|endoftext|>'", ""])
    func pieces(longest: Int, tokens: String) async throws {
        let (corpus, ids, end) = try await corpus("longest: \(longest)", tokens: tokens)
        #expect((end != nil) == !tokens.isEmpty)
        let edge = [end].compactMap { $0 }
        let all = edge + ids + edge
        var (read, scored): ([Int32], [Int32]) = ([], [])
        for sequence in 0..<corpus.count {
            let range = corpus.range(sequence)
            #expect((2...longest).contains(range.count) || corpus.count == 1)
            // The first is the last of the piece before.
            if sequence > 0 { #expect(read.last == corpus.tokens[range.lowerBound]) }
            read += corpus.tokens[sequence == 0 ? range : range.dropFirst()]
            scored += range.filter { corpus.scored[$0] }.map { corpus.tokens[$0] }
            #expect(!corpus.scored[range.lowerBound])
        }
        #expect(read == all && scored == Array(all.dropFirst()))
        #expect(corpus.count == max(1, (all.count - 2) / (longest - 1) + 1))
        if let end { #expect(ids.allSatisfy { $0 != end }, "text that looks like a control token is text") }
    }

    @Test("bytes are counted from where a piece begins, and a text has pieces of 512 tokens if nothing is said")
    func bytes() async throws {
        let (corpus, ids, _) = try await corpus("longest: 9", tokens: "")
        let total = (0..<corpus.count).reduce(0) { sum, sequence in
            let range = corpus.range(sequence)
            let last = Int(corpus.byteOffsets[range.upperBound - 1])
            let first = Int(corpus.byteOffsets[range.lowerBound])
            return sum + last - (sequence == 0 ? 0 : first)
        }
        #expect(total == Self.text.utf8.count && ids.count > 20)
        #expect((1..<corpus.count).allSatisfy { corpus.byteOffsets[corpus.range($0).lowerBound] <= 12 })
        let texts = Array(repeating: "{ file: a.txt }", count: 3).joined(separator: ", ")
        let files = try await self.corpus("", tokens: "", texts: "[\(texts)]").corpus
        #expect(files.count == 3 && files.range(0).count == ids.count)
        let long = String(repeating: Self.text, count: 40)
        #expect(try await self.corpus("", tokens: "", text: long).corpus.range(0).count == 512)
    }
}
