import Artifacts
import Foundation
import Pipelines
import Stages
import Tasks
import Testing

/// `translation.pairs`, and what reads its datasets.
@Suite("Translations from catalogues") struct TranslationPairsTests {
    private let workshop: SourceWorkshop

    init() throws { workshop = try SourceWorkshop() }

    private func stage(_ with: String, _ catalogues: String = "[{ folder: c }]") -> String {
        "  t: { uses: translation.pairs, in: { catalogues: \(catalogues) }, with: { \(with) } }\n"
    }

    private func catalogue(_ language: String, _ pairs: [(String, String)]) -> String {
        "msgid \"\"\nmsgstr \"Language: \(language)\\n\"\n"
            + pairs.map { "msgid \"\($0)\"\nmsgstr \"\($1)\"\n" }.joined(separator: "\n")
    }

    private func objects(_ split: String, _ result: RunResult) throws -> [(
        prompt: String, answer: String, group: String
    )] {
        let artifact = try workshop.workshop.artifact("t", split, of: result)
        return try String(decoding: artifact.data("examples.jsonl"), as: UTF8.self).split(separator: "\n").map {
            let object = try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            return (
                try #require(object["prompt"] as? String), try #require(object["answer"] as? String),
                try #require((object["groups"] as? [String])?.first)
            )
        }
    }

    private func failure(_ with: String, _ catalogues: String = "[{ folder: c }]") async throws -> String {
        let result = try await workshop.run(stage(with, catalogues))
        let found = try #require(result.stages.first?.failure)
        #expect(found.category == .badInput)
        return found.message
    }

    /// Letters that no two numbers share.
    private func word(_ number: Int) -> String {
        String(
            String(number, radix: 26).unicodeScalars.map { scalar in
                Character(UnicodeScalar(scalar.value < 58 ? scalar.value + 49 : scalar.value + 10)!)
            }) + "q"
    }

    /// `count` texts in two languages, of whose words no two texts share more than one of three.
    private func write(_ count: Int, skipping language: String? = nil) throws {
        for own in ["zu", "xh"] where own != language {
            let pairs = (0..<count).map { ("_\(word($0)) \(word($0 * 7 + 5000)) open:", "\(own) \(word($0)) vula...") }
            try workshop.write(catalogue(own, pairs), to: "c/\(own)/LC_MESSAGES/app.po")
        }
        try workshop.write(catalogue("fr", [("Open this file", "Ouvrir ce fichier")]), to: "c/fr/app.po")
        try workshop.write("no catalogue", to: "c/README")
    }

    private let options = "languages: { zu: Zulu, xh: Xhosa }, validation: 0.2, test: 0.3"

    @Test("each English text is in one split, with its translations in all languages, cleaned")
    func splits() async throws {
        try write(300)
        let result = try await workshop.run(stage(options))
        #expect(result.stages[0].failure == nil, "\(result.stages[0].failure?.message ?? "")")
        var splits: [String: Set<String>] = [:]
        for split in ["train", "validation", "test"] {
            let artifact = try workshop.workshop.artifact("t", split, of: result)
            #expect(artifact.manifest.metadata["judge"] == .string("first-line"))
            let objects = try objects(split, result)
            #expect(objects.count > 60 && artifact.manifest.metadata["examples"] == .int(objects.count))
            #expect(result.metrics("t")["\(split).pairs"] == Double(objects.count))
            for object in objects { splits[object.answer, default: []].insert(split) }
            let example = try #require(objects.first { $0.group == "xh" })
            #expect(example.prompt.hasPrefix("Xhosa: xh ") && example.prompt.hasSuffix(" vula\nEnglish:"))
            #expect(example.answer.hasPrefix(" ") && example.answer.hasSuffix(" open\n"))
            #expect(Set(objects.map(\.group)) == ["zu", "xh"])
        }
        #expect(splits.count == 300 && splits.values.allSatisfy { $0.count == 1 })
        let metrics = result.metrics("t")
        #expect(metrics["catalogues"] == 2 && metrics["entries"] == 600 && metrics["pairs"] == 600)
        #expect(Rejection.allCases.allSatisfy { metrics["left-out.\($0.rawValue)"] == 0 })
    }

    @Test("a text is in the same split whatever else there is")
    func stable() async throws {
        try write(300)
        let all = try objects("test", try await workshop.run(stage(options)))
        try FileManager.default.removeItem(at: workshop.folder.appendingPathComponent("c"))
        try write(120, skipping: "zu")
        let some = try objects(
            "test", try await workshop.run(stage("languages: { xh: Xhosa }, validation: 0.2, test: 0.3")))
        #expect(!some.isEmpty && Set(some.map(\.answer)).isSubset(of: all.map(\.answer)))
        let seed = try objects("test", try await workshop.run(stage("seed: 5, languages: { xh: X }, test: 0.3")))
        #expect(Set(seed.map(\.answer)) != Set(some.map(\.answer)))
    }

    @Test("what is nearly in training isn't held out, nor what has a training pair's source")
    func near() async throws {
        // Texts of four words, each of which has a twin with one more.
        let texts = (0..<200).map { "\(word($0)) \(word($0 + 1000)) \(word($0 + 2000)) open" }
        try workshop.write(
            catalogue("zu", texts.flatMap { [($0, "s \($0)"), ($0 + " here", "t \($0)")] }), to: "c/zu.po")
        let without = try await workshop.run(stage("near-duplicates: 1, validation: 0, test: 0.4"))
        let with = try await workshop.run(stage("near-duplicates: 0.8, validation: 0, test: 0.4"))
        #expect(without.metrics("t")["left-out.near-duplicates"] == 0)
        let left = try #require(with.metrics("t")["left-out.near-duplicates"])
        #expect(left > 50 && with.metrics("t")["test.pairs"] == without.metrics("t")["test.pairs"]! - left)
        let training = Set(try objects("train", with).map(\.answer))
        for object in try objects("test", with) {
            let text = object.answer.trimmingCharacters(in: .whitespacesAndNewlines)
            let twin = text.hasSuffix(" here") ? String(text.dropLast(5)) : text + " here"
            #expect(!training.contains(" \(twin)\n"))
        }
        try workshop.write(catalogue("zu", texts.map { ($0, "all the same") }), to: "c/zu.po")
        let shared = try await workshop.run(stage("validation: 0, test: 0.4"))
        #expect(shared.metrics("t")["test.pairs"] == 0 && shared.metrics("t")["left-out.shared-sources"]! > 50)
    }

    @Test("bounds, duplicates, other languages and shares of nothing")
    func bounds() async throws {
        let long = String(repeating: "a", count: 60)
        let lines = [
            ("one", "zu", "moja"), ("one two", "zu", "moja mbili"), ("one two", "zu", "moja mbili"),
            ("one two", "xh", "nye"),
            ("one two three", "zu", long), ("one \(long)", "zu", "moja"), ("one two three four", "zu", "moja mbili"),
        ].map { "{\"target\": \"\($0)\", \"language\": \"\($1)\", \"source\": \"\($2)\"}\n" }
        try workshop.write(lines.joined(), to: "c.jsonl")
        let one = try await workshop.run(
            stage("languages: { zu: Z }, words: [2, 3], validation: 0, test: 0", "{ file: c.jsonl }"))
        let metrics = one.metrics("t")
        #expect(one.stages[0].outputs.keys.sorted() == ["train"] && metrics["pairs"] == 1 && metrics["entries"] == 6)
        for reason in ["words", "duplicates", "source-bytes", "english-bytes"] {
            #expect(metrics["left-out.\(reason)"] == (reason == "words" ? 2 : 1), "\(reason)")
        }
        let all = try await workshop.run(
            stage(
                "words: [0, 0], source-bytes: 0, english-bytes: 0, validation: 0, test: 0, prompt: \"{english} {{{language}}}\", answer: \"{source}\"",
                "{ file: c.jsonl }"))
        let objects = try objects("train", all)
        #expect(objects.count == 6 && objects[0].prompt == "one {zu}" && objects[0].answer == "moja")
    }

    @Test("catalogues that are left out by their names alone are said to be")
    func leftOut() async throws {
        for language in ["zu", "fr"] {
            try workshop.write("{\"source\": \"vula manje\", \"target\": \"open it\"}", to: "c/\(language).jsonl")
        }
        try workshop.write(catalogue("de", [("Open file", "Datei")]), to: "c/de.po")
        let result = try await workshop.run(stage("languages: { zu: Zulu }, validation: 0, test: 0"))
        #expect(result.metrics("t")["catalogues"] == 1 && result.metrics("t")["train.zu"] == 1)
        let why = result.stages[0].why
        #expect(why.contains("catalogues left out: 1") && why.hasSuffix("such as fr.jsonl"), "\(why)")
    }

    @Test("what can't be read is named by file and place")
    func refused() async throws {
        try workshop.write("\n{\"source\": 1}\n", to: "c/a/zu.jsonl")
        #expect(try await failure("").hasPrefix("a/zu.jsonl of 'c': line 2, field 'source'"))
        try workshop.write("cut", to: "c/a/zu.jsonl")
        try workshop.write("", to: "c/a/a.mo")
        #expect(try await failure("").hasPrefix("a/a.mo of 'c': 0 bytes"))
        try FileManager.default.removeItem(at: workshop.folder.appendingPathComponent("c/a"))
        try workshop.write("x", to: "c/a.txt")
        #expect(try await failure("").contains("'c' has no catalogue"))
        try workshop.write("{\"source\": \"a\", \"target\": \"b\"}", to: "c/messages.jsonl")
        #expect(try await failure("").contains("messages.jsonl of 'c': line 1: of no known language"))
        try workshop.write("{\"source\": \"a\", \"target\": \"b\", \"language\": \"a b\"}", to: "c/messages.jsonl")
        #expect(try await failure("").contains("the language 'a b'"))
        // A .mo file of two texts without a header, whose name is that of a program.
        let object: [UInt32] = [0x9504_12DE, 0, 1, 28, 36, 0, 0, 3, 44, 3, 48]
        let bytes = object.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
        let program = workshop.folder.appendingPathComponent("c/sm.mo")
        try (Data(bytes) + Data("one\0eka\0".utf8)).write(to: program)
        try FileManager.default.removeItem(at: workshop.folder.appendingPathComponent("c/messages.jsonl"))
        #expect(try await failure("languages: { zu: Z }").contains("sm.mo of 'c': entry 1: of no known language"))
        try FileManager.default.removeItem(at: program)
        try workshop.write("", to: "c/messages.jsonl")
        try workshop.write(catalogue("zu", [("Open file", "Vula")]), to: "c/messages.po")
        try FileManager.default.removeItem(at: workshop.folder.appendingPathComponent("c/messages.jsonl"))
        #expect(
            try await failure("languages: { zu: Z, ve: V }").contains("no catalogue is in ve; those given are in zu"))
    }
}
