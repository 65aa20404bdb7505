import Foundation
import Stages
import Tasks
import Testing

/// What is one task's own stays in its folder: the generic rooms don't name it, not even in a comment.
@Suite struct TaskWordTests {
    private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources")
    private static let rooms = [
        "Checkpoints", "CKernels", "Composition", "Evaluation", "LanguageModels", "NeuralNetworks", "Stages", "Tensors",
        "Tokenization",
    ]
    /// Words of the tasks that no list of theirs has; `key` and `column` alone have other meanings too.
    private static let phrases = [
        "key-value arithmetic", "key-value pair", "D_KV", "kv.", "kv-", "scratchpad", "held-in", "held-out",
        "operands-",
        "numbers in columns", "for columns", "such as keys", "\"magnitude\"", "[\"columns\"]", "== \"columns\"",
    ]

    /// The Swift files of a room, by their paths.
    private static func files(of room: String) throws -> [(path: String, text: String)] {
        let folder = sources.appendingPathComponent(room).path
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return try paths.filter { $0.hasSuffix(".swift") || $0.hasSuffix(".c") }.sorted().map {
            ("\(room)/\($0)", try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8))
        }
    }

    /// The phrases, the names of the tasks' kinds and judges, and of the types that they declare.
    private static func taskWords() throws -> Set<String> {
        var words = Set(phrases)
        for task in TaskRegistry.builtIn.tasks {
            words.formUnion(task.kinds.map { $0.name })
            words.formUnion(task.judges.map { "\"\($0.name)\"" })
        }
        let declared = try files(of: "Tasks").flatMap { file in
            file.text.matches(of: /(?m)^(?:package )?(?:struct|enum|protocol|class) (\w+)/).map { String($0.1) }
        }
        // The name of a judge, but tables have columns too.
        return words.union(declared).subtracting(["\"columns\""])
    }

    /// The words that a text has, whole.
    private static func found(_ words: Set<String>, in text: String) -> [String] {
        words.filter { word in
            text.ranges(of: word).contains { range in
                func isPart(_ character: Character?) -> Bool { character?.isLetter == true || character == "_" }
                let before = range.lowerBound == text.startIndex ? nil : text[text.index(before: range.lowerBound)]
                let after = range.upperBound == text.endIndex ? nil : text[range.upperBound]
                return !(isPart(word.first) && isPart(before)) && !(isPart(word.last) && isPart(after))
            }
        }.sorted()
    }

    @Test("no generic room of the learning half has a task's words", arguments: rooms)
    func words(room: String) throws {
        let words = try Self.taskWords()
        for (path, text) in try Self.files(of: room) {
            let found = Self.found(words, in: text)
            #expect(found.isEmpty, "\(path) names what is a task's own: \(found.joined(separator: ", "))")
        }
    }

    /// Composition is CALM's own, and may speak of its paper; `model.compose` has a preset of that name.
    @Test("generic rooms don't speak of \"the paper\"", arguments: rooms.filter { $0 != "Composition" })
    func paper(room: String) throws {
        for (path, text) in try Self.files(of: room) where text.localizedCaseInsensitiveContains("the paper") {
            Issue.record("\(path) speaks of \"the paper\": say which one")
        }
    }

    @Test("the test finds what it looks for")
    func finds() throws {
        let words = try Self.taskWords()
        #expect(words.isSuperset(of: ["kv.pairs", "tokenizer.symbols", "\"substitution\"", "SymbolTokenizer"]))
        #expect(Self.found(words, in: "let x: SymbolTokenizer") == ["SymbolTokenizer"])
        #expect(Self.found(words, in: "MySymbolTokenizers kvx.pairs").isEmpty)
        #expect(Self.found(words, in: "as `kv.pairs` gives it") == ["kv.", "kv.pairs"])
        let counts = try Self.rooms.map { try Self.files(of: $0).count }
        #expect(counts.reduce(0, +) > 100, "the test found only \(counts) files")
    }
}
