import Evaluation
import JSONReading
import LanguageModels
import Tokenization

extension TextInterface {
    /// The prompt of an example, with the tokens in front that the model expects.
    ///
    /// - Parameter prefix: Text in front of it, such as a few examples of the task.
    /// - Throws: `TextRequestError`, `TokenizerError`, `TemplateError`.
    func prompt(of example: Example, behind prefix: String = "") throws -> TextPrompt {
        if let text = example.messages {
            guard prefix.isEmpty else {
                throw TextRequestError("a prefix stands before a text, and the prompt is the messages of a chat")
            }
            let messages = try JSONNode(parsing: Array(text.utf8))
            return TextPrompt(
                try tokens(ofChat: messages), own: try augmenting.map { try $0.ownPrompt(ofChat: messages) })
        }
        let ids = try ownPrompt(prefix + example.prompt)
        guard let other = example.augmentingPrompt else { return TextPrompt(ids) }
        return TextPrompt(ids, own: try augmenting.map { try $0.ownPrompt(other) })
    }

    /// The tokens of an example's answer, with where each ends, and of what ends it.
    ///
    /// - Throws: Likewise, and `DatasetError` if no token ends a text.
    func answer(of example: Example) throws -> (tokens: [Token], end: [Int32]) {
        guard let text = example.messages else {
            guard let stop = tokenizer.end else {
                throw DatasetError(
                    "the tokenizer has no token that ends a text, so that a model can't learn where answers end: use one that has"
                )
            }
            return (try tokenizer.encode(example.answer), [stop])
        }
        let messages = try JSONNode(parsing: Array(text.utf8))
        let asked = try tokens(ofChat: messages)
        var message = JSONMembers()
        _ = message.append("role", .string("assistant"))
        _ = message.append("content", .string(example.answer))
        let all = try tokens(ofChat: .array((messages.elements ?? []) + [.object(message)]), addsPrompt: false)
        guard all.starts(with: asked) else {
            throw DatasetError(
                "the chat template writes a prompt otherwise when its answer is known; give 'prompt' and 'answer' instead of 'messages'"
            )
        }
        // Up to the token that ends the turn.
        var rest = all[asked.count...]
        if let last = rest.lastIndex(where: { tokenizer.isControl($0) }) { rest = rest[...last] }
        let end = rest.reversed().prefix { tokenizer.isControl($0) }.reversed()
        var bytes = 0
        let tokens = rest.dropLast(end.count).map { id in
            bytes += tokenizer.decode([id]).count
            return Token(id: id, end: bytes)
        }
        return (tokens, Array(end))
    }
}

/// The prompts of a corpus's sequences as texts, for models that read them in words of their own.
enum PromptTexts {
    /// A line of JSON a sequence: `{"prompt": …}`, `{"messages": […]}`, or `{}` for a text without a prompt.
    static let member = "prompts.jsonl"

    /// Whether models may read the prompt in different words.
    static func isNeeded(for examples: some Sequence<Example>) -> Bool {
        examples.contains { $0.augmentingPrompt != nil || $0.messages != nil }
    }

    static func line(_ example: Example?) throws -> String {
        var object = JSONMembers()
        if let messages = example?.messages {
            _ = object.append("messages", try JSONNode(parsing: Array(messages.utf8)))
        } else if let example {
            _ = object.append("prompt", .string(example.augmentingPrompt ?? example.prompt))
        }
        return JSONNode.object(object).text
    }

    /// What a model reads in place of each sequence's prompt, in its own tokens; nil where there is none.
    ///
    /// - Throws: `TextRequestError` naming the line, `TokenizerError`, `TemplateError`.
    static func tokens(_ lines: some Sequence<Substring>, _ interface: TextInterface) throws -> [[Int32]?] {
        try lines.enumerated().map { index, line in
            let object = try JSONLine(Array(line.utf8), number: index + 1).object
            if let messages = object["messages"] { return try interface.ownPrompt(ofChat: messages) }
            return try object["prompt"]?.string.map { try interface.ownPrompt($0) }
        }
    }
}
