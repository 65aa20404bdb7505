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

/// How prompts become tokens.
package struct PromptReading: Sendable {
    /// The fields of a JSON object that say what the prompt is.
    package static let fields: Set = ["prompt", "ids", "messages", "tools"]

    /// The same of any object.
    package static func fields(of object: JSONMembers) -> Set<String> { fields }

    package var text = TextReading()
    /// Whether a prompt is a user's message, in the words of the model's chat template.
    package var isChat = false
    /// With `isChat`: a message of the system in front.
    package var system: String?

    package init() {}

    /// - Throws: `TextRequestError` or `TokenizerError`.
    package func tokens(of prompt: String, _ interface: TextInterface) throws -> [Int32] {
        guard isChat else { return try text.tokens(prompt, interface.tokenizer).map(\.id) }
        func message(_ role: String, _ content: String) -> JSONNode {
            var members = JSONMembers()
            _ = members.append("role", .string(role))
            _ = members.append("content", .string(content))
            return .object(members)
        }
        let messages = (system.map { [message("system", $0)] } ?? []) + [message("user", prompt)]
        return try chatTokens(.array(messages), tools: nil, interface)
    }

    /// Of an object with `ids`, `messages` or `prompt`.
    ///
    /// - Throws: `TextRequestError` or `TokenizerError`.
    package func tokens(of line: JSONLine, _ interface: TextInterface) throws -> [Int32] {
        if let ids = try line.ids("ids", below: interface.idCount) { return ids }
        if let messages = line.object["messages"] {
            return try chatTokens(messages, tools: line.object["tools"], interface)
        }
        guard let prompt = try line.string("prompt") else {
            throw TextRequestError("none of 'prompt', 'ids' and 'messages'")
        }
        return try tokens(of: prompt, interface)
    }

    private func chatTokens(_ messages: JSONNode, tools: JSONNode?, _ interface: TextInterface) throws -> [Int32] {
        do {
            return try interface.tokens(ofChat: messages, tools: tools)
        } catch let error as TemplateError {
            throw TextRequestError("the model's chat template: \(error)")
        }
    }
}
