import Artifacts
import Evaluation
import Foundation
import Pipelines
import Stages
import Tokenization

/// A task with a tokenizer of its own, in which nothing is arithmetic: a letter's answer is a z and that letter.
enum LetterTask: LearningTask {
    static let kinds: [any StageKind.Type] = [LettersStage.self]
    static let tokenizers = [
        TokenizerFormat("letters", jsonNames: ["letters"]) { file in
            guard let text = String(data: file, encoding: .utf8) else { throw TokenizerError("not UTF-8") }
            return LetterTokenizer(hasEnd: text.contains("true"))
        }
    ]
    static let judges: [any Judge] = [SameText()]
    static let tokenizerFacts: Set = ["capitals"]

    static func problem(datasets: [Facts], tokenizer: Facts) -> String? {
        // The fact `letters` isn't passed on: this finds models, not tokenizers.
        tokenizer["capitals"] == 1 && tokenizer["letters"] == nil ? "the model has learned no capitals" : nil
    }

    static func problem(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> String? {
        dataset["unfit"] == .bool(true) ? "the letters are unfit" : nil
    }

    static func notes(dataset: [String: JSONValue], tokenizer: any Tokenizer) -> [String] {
        ["\(tokenizer.vocabularyCount) tokens"]
    }
}

enum LetterTasks: TaskList {
    static let tasks = TaskRegistry(tasks: [LetterTask.self], tokenizers: [], judges: [])
}

extension StageRegistry {
    static let letters = StageRegistry(genericKinds(LetterTasks.self) + LetterTasks.tasks.kinds)
}

/// A to Z, without tokens that begin a text.
struct LetterTokenizer: Tokenizer {
    let hasEnd: Bool

    var vocabularyCount: Int { 27 }
    var digest: String { "letters \(hasEnd)" }
    var beginning: Int32? { nil }
    var end: Int32? { hasEnd ? 26 : nil }
    var leadingTokens: [Int32] { [] }
    var trailingTokens: [Int32] { [] }

    func encode(_ text: [UInt8], control: ControlText) throws -> [Token] {
        try text.enumerated().map { index, byte in
            guard (97..<123).contains(byte) else { throw TokenizerError("byte \(index): not a letter") }
            return Token(id: Int32(byte) - 97, end: index + 1)
        }
    }

    func id(of token: String) -> Int32? { nil }
    func isControl(_ id: Int32) -> Bool { id == 26 }
    func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState) { bytes.append(UInt8(id + 97)) }
}

/// `letters`: the data and the tokenizer of `LetterTask`.
enum LettersStage: StageKind {
    struct Parameters: StageParameters {
        var file = #"{ "letters": 26, "end": true }"#
        var judge = "exact"
        var prompt = "a"
        var unfit = false
        var capitals = 0

        static let fields: [ParameterField<Self>] = [
            .string("file", \.file, "The tokenizer's file"), .string("judge", \.judge, "The dataset's judge"),
            .string("prompt", \.prompt, "The first prompt"), .bool("unfit", \.unfit, "Whether the dataset is unfit"),
            .int("capitals", \.capitals, in: 0...1, "The tokenizer's fact"),
        ]
    }

    static let name = "letters"
    static let version = 1
    static let summary = "Letters"

    static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("examples", .dataset, "letters"), OutputRole("tokenizer", .tokenizer, "A to Z")]
    }
    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        ["tokenizer": ["capitals": parameters.capitals, "letters": 26]]
    }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let examples = [parameters.prompt, "b", "c"].map { Example(prompt: $0, answer: "z" + $0) }
        try context.write(
            "examples", metadata: ["judge": .string(parameters.judge), "unfit": .bool(parameters.unfit)],
            members: [(Example.member, Data(Example.table(examples).utf8))])
        try context.write("tokenizer", members: [(StoredTokenizer.member, Data(parameters.file.utf8))])
    }
}
