import ChatTemplates
import JSONReading
import Tokenization

/// How text becomes tokens.
package struct TextReading: Sendable {
    /// Whether text that looks like a control token is one.
    package var control = ControlText.parsed
    /// Whether the tokens are added that the model expects in front of every text.
    package var addsBeginning = true

    package init() {}

    /// The tokens of a text, with those in front that the model expects.
    package func tokens(_ text: String, _ tokenizer: any Tokenizer) throws -> [Token] {
        let beginning = addsBeginning ? tokenizer.leadingTokens.map { Token(id: $0, end: 0) } : []
        return beginning + (try tokenizer.encode(text, control: control))
    }
}

/// A prompt in tokens.
package struct TextPrompt: Sendable {
    package let ids: [Int32]
    /// What each augmenting model of a composition reads in its place, in its own tokens; nil for the same text.
    package let own: [[Int32]?]

    package init(_ ids: [Int32], own: [[Int32]?] = []) {
        self.ids = ids
        self.own = own
    }
}

extension AugmentingPrompts {
    /// Those of some prompts.
    ///
    /// - Throws: `TextRequestError` if there are two of the same tokens, and others of the augmenting models.
    package init(_ prompts: some Sequence<TextPrompt>) throws {
        self.init()
        for prompt in prompts where prompt.own.contains(where: { $0 != nil }) {
            guard add(prompt.own, for: prompt.ids) else {
                throw TextRequestError(
                    "the same prompt comes twice with different prompts of the augmenting models; ask one at a time")
            }
        }
    }
}

/// How prompts become tokens.
package struct PromptReading: Sendable {
    /// The fields of a JSON object that say what the prompt is.
    package static let fields: Set = ["prompt", "augmenting-prompt", "ids", "messages", "tools"]

    /// The same of any object.
    package static func fields(of object: JSONMembers) -> Set<String> { fields }

    package var text = TextReading()
    /// Whether a prompt is a user's message, in the words of the model's chat template.
    package var isChat = false
    /// With `isChat`: a message of the system in front.
    package var system: String?

    package init() {}

    /// - Throws: `TextRequestError` or `TokenizerError`.
    package func prompt(of prompt: String, _ interface: TextInterface) throws -> TextPrompt {
        guard isChat else { return TextPrompt(try text.tokens(prompt, interface.tokenizer).map(\.id)) }
        func message(_ role: String, _ content: String) -> JSONNode {
            var members = JSONMembers()
            _ = members.append("role", .string(role))
            _ = members.append("content", .string(content))
            return .object(members)
        }
        let messages = (system.map { [message("system", $0)] } ?? []) + [message("user", prompt)]
        return try chat(.array(messages), tools: nil, interface)
    }

    /// Of an object with `ids`, `messages` or `prompt`.
    ///
    /// - Throws: `TextRequestError` or `TokenizerError`.
    package func prompt(of line: JSONLine, _ interface: TextInterface) throws -> TextPrompt {
        if let ids = try line.ids("ids", below: interface.idCount) { return TextPrompt(ids) }
        if let messages = line.object["messages"] {
            return try chat(messages, tools: line.object["tools"], interface)
        }
        guard let text = try line.string("prompt") else {
            throw TextRequestError("none of 'prompt', 'ids' and 'messages'")
        }
        let prompt = try prompt(of: text, interface)
        guard let other = try line.string("augmenting-prompt") else { return prompt }
        guard !interface.augmenting.isEmpty else {
            throw TextRequestError(
                "'augmenting-prompt': the model is not a composition that acts after a prompt; leave it out")
        }
        return TextPrompt(prompt.ids, own: try interface.augmenting.map { try $0.ownPrompt(other) })
    }

    private func chat(_ messages: JSONNode, tools: JSONNode?, _ interface: TextInterface) throws -> TextPrompt {
        do {
            return TextPrompt(
                try interface.tokens(ofChat: messages, tools: tools),
                own: try interface.augmenting.map { try $0.ownPrompt(ofChat: messages, tools: tools) })
        } catch let error as TemplateError {
            throw TextRequestError("the model's chat template: \(error)")
        }
    }
}

extension TextInterface {
    /// A prompt of this model alone, with the tokens in front that it expects.
    package func ownPrompt(_ text: String) throws -> [Int32] {
        tokenizer.leadingTokens + (try tokenizer.encode(text).map(\.id))
    }

    /// Messages in the words of this model's chat template; a model that has none reads what they say, a line each.
    package func ownPrompt(ofChat messages: JSONNode, tools: JSONNode? = nil) throws -> [Int32] {
        guard chatTemplate == nil else { return try tokens(ofChat: messages, tools: tools) }
        let texts = (messages.elements ?? []).compactMap { $0.members?["content"]?.string }
        return try ownPrompt(texts.map { $0 + "\n" }.joined())
    }
}
