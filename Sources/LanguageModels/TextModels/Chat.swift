import ChatTemplates
import JSONReading
import Tokenization

extension TextInterface {
    /// Messages in the words of the model's chat template, as tokens.
    ///
    /// The template's own control tokens are read as such. Text of a message that looks like one isn't, so that nobody can
    /// forge a turn: it takes part in the template as a stand-in, and is read as plain text in its place.
    ///
    /// - Throws: `TemplateError` if the template refuses the messages or isn't valid, `TokenizerError`.
    package func tokens(ofChat messages: JSONNode, tools: JSONNode? = nil, addsPrompt: Bool = true) throws -> [Int32] {
        guard let chatTemplate else {
            throw TokenizerError("the model has no chat template; give it a prompt without --chat")
        }
        var hidden: [[UInt8]] = []
        let safe = try messages.mappingStrings { try hideControlText($0, &hidden) }
        let rendered = try ChatTemplate(chatTemplate).render(
            chatVariables(safe, tools: tools, addsPrompt: addsPrompt)
        ).text
        var ids: [Int32] = []
        var rest = Array(rendered.utf8)[...]
        for (index, text) in hidden.enumerated() {
            guard let place = rest.firstRange(of: Self.standIn(index)) else { continue }
            ids += try tokenizer.encode(Array(rest[..<place.lowerBound]), control: .parsed).map(\.id)
            ids += try tokenizer.encode(text, control: .plain).map(\.id)
            rest = rest[place.upperBound...]
        }
        return ids + (try tokenizer.encode(Array(rest), control: .parsed).map(\.id))
    }

    /// The variables that transformers gives a template.
    package func chatVariables(_ messages: JSONNode, tools: JSONNode?, addsPrompt: Bool) -> JSONMembers {
        var variables = JSONMembers()
        _ = variables.append("messages", messages)
        if let tools { _ = variables.append("tools", tools) }
        _ = variables.append("add_generation_prompt", .bool(addsPrompt))
        _ = variables.append("bos_token", .string(beginningText))
        _ = variables.append("eos_token", .string(endText))
        return ChatTemplate.variables(of: variables)
    }

    /// `text` with a stand-in for whatever would be read as a control token.
    private func hideControlText(_ text: String, _ hidden: inout [[UInt8]]) throws -> String {
        let bytes = Array(text.utf8)
        let tokens = try tokenizer.encode(bytes, control: .parsed)
        guard tokens.contains(where: { tokenizer.isControl($0.id) }) else { return text }
        var result: [UInt8] = []
        var start = 0
        for token in tokens {
            let part = bytes[start..<token.end]
            if tokenizer.isControl(token.id), !part.isEmpty {
                result += Self.standIn(hidden.count)
                hidden.append(Array(part))
            } else {
                result += part
            }
            start = token.end
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Of private-use characters, which no template looks for.
    private static func standIn(_ index: Int) -> [UInt8] { Array("\u{F8F0}\(index)\u{F8F1}".utf8) }
}

extension JSONNode {
    /// The value with every string in it but the names replaced.
    fileprivate func mappingStrings(_ transform: (String) throws -> String) rethrows -> JSONNode {
        switch self {
        case .string(let text): return .string(try transform(text))
        case .array(let elements): return .array(try elements.map { try $0.mappingStrings(transform) })
        case .object(let members):
            var result = JSONMembers()
            for member in members.members {
                _ = result.append(member.name, try member.value.mappingStrings(transform))
            }
            return .object(result)
        default: return self
        }
    }
}
