import Artifacts
import Evaluation
import Foundation
import JSONReading
import LanguageModels
import Pipelines

/// How a dataset of prompts and answers is stored: as a table, or, where texts may have line ends and tabs, as JSONL.
package enum StoredExamples {
    /// JSONL with the fields `prompt`, `answer` and, as far as it has them, `augmenting-prompt`, `messages` and `groups`.
    package static let member = "examples.jsonl"

    package static func lines(_ examples: some Sequence<Example>) -> Data {
        var data = Data()
        for example in examples {
            var object = JSONMembers()
            _ = object.append("prompt", .string(example.prompt))
            _ = object.append("answer", .string(example.answer))
            if let other = example.augmentingPrompt { _ = object.append("augmenting-prompt", .string(other)) }
            if let messages = example.messages { _ = object.append("messages", .string(messages)) }
            if !example.groups.isEmpty { _ = object.append("groups", .array(example.groups.map { .string($0) })) }
            data += Data((JSONNode.object(object).text + "\n").utf8)
        }
        return data
    }

    /// - Throws: `PlanningError` if a dataset is known to be one of texts.
    static func check(_ inputs: [String: [Facts]]) throws {
        for (role, facts) in inputs where facts.contains(where: { $0[TextDocument.fact] != nil }) {
            throw PlanningError("'\(role)' is a dataset of texts, expected one of prompts and answers")
        }
    }

    /// Whether a dataset is one of prompts and answers.
    static func isMember(of dataset: Artifact) -> Bool {
        [member, Example.member].contains { dataset.manifest.members[$0] != nil }
    }

    /// The examples of a dataset, or of a JSONL file.
    ///
    /// - Throws: `StageFailure` or `DatasetError` naming the line that isn't one.
    package static func examples(of dataset: Artifact) throws -> [Example] {
        if dataset.manifest.members[Example.member] != nil {
            return try Example.examples(table: try dataset.text(Example.member), file: Example.member)
        }
        return try JSONLines(dataset).examples()
    }
}

extension JSONLines {
    /// The lines as prompts and answers.
    ///
    /// - Throws: `StageFailure` (bad input) naming the line that isn't one.
    func examples(prompt: String = "prompt", answer: String = "answer", groups: [String] = []) throws -> [Example] {
        try lines.map { line in
            try reportingBadInput(place(line.number)) {
                func text(_ field: String) throws -> String {
                    guard let text = try line.value.string(field) else {
                        let names = line.value.object.names.prefix(12).joined(separator: ", ")
                        throw TextRequestError("no field '\(field)'; it has: \(names.isEmpty ? "none" : names)")
                    }
                    return text
                }
                var own = try groups.map { try Self.group(try text($0), $0) }
                if case .array(let nodes)? = line.value.object["groups"] { own += nodes.compactMap(\.string) }
                switch line.value.object["messages"] {
                case nil: break
                case .string(let messages)?:
                    return Example(
                        prompt: try text(prompt), answer: try text(answer), groups: own, messages: messages)
                case .some(let messages): return try Self.example(of: messages, groups: own)
                }
                return Example(
                    prompt: try text(prompt), answer: try text(answer), groups: own,
                    augmentingPrompt: try line.value.string("augmenting-prompt"))
            }
        }
    }

    /// The last message, which is the assistant's, as the answer to those before it.
    private static func example(of messages: JSONNode, groups: [String]) throws -> Example {
        guard let elements = messages.elements else {
            throw TextRequestError("'messages': \(messages.kind), expected a list of messages")
        }
        func member(_ message: JSONNode?, _ name: String) -> String? { message?.members?[name]?.string }
        guard elements.count > 1, member(elements.last, "role") == "assistant",
            let answer = member(elements.last, "content")
        else {
            throw TextRequestError(
                "'messages': expected a user's message at least, and last an assistant's, whose content is the answer")
        }
        let asked = Array(elements.dropLast())
        if let index = asked.firstIndex(where: { member($0, "role") == nil }) {
            throw TextRequestError("'messages'[\(index)]: no role, expected an object with 'role' and 'content'")
        }
        return Example(
            prompt: member(asked.last, "content") ?? "", answer: answer, groups: groups,
            messages: JSONNode.array(asked).text)
    }

    /// A group's name has no spaces.
    private static func group(_ text: String, _ field: String) throws -> String {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.value < 0x20 })
        else {
            throw TextRequestError("field '\(field)': '\(text)' names a group, expected a word without spaces")
        }
        return text
    }
}

extension StageContext {
    /// Writes prompts and answers as a dataset.
    ///
    /// - Parameter metadata: Such as the judge; how many examples there are is added.
    package func write(_ role: String, _ examples: [Example], metadata: [String: JSONValue]) throws {
        var metadata = metadata
        metadata["examples"] = .int(examples.count)
        try write(role, metadata: metadata, members: [(StoredExamples.member, StoredExamples.lines(examples))])
    }
}
