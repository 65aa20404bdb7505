import JSONReading

extension ChatTemplate {
    /// The variables of a conversation as transformers' `apply_chat_template` passes them on.
    ///
    /// - `tools` and `documents` are there, and none if they aren't given: `tools is defined` always holds.
    /// - A message's members that are null are left out.
    /// - A message's reasoning is found under `reasoning_content`, and under `thinking`, whichever it came under.
    package static func variables(of conversation: JSONMembers) -> JSONMembers {
        var variables = JSONMembers()
        for (name, value) in conversation.members {
            if name == "messages", case .array(let messages) = value {
                _ = variables.append(name, .array(messages.map(message)))
            } else {
                _ = variables.append(name, value)
            }
        }
        // False, and nothing is added, where they are given.
        for name in ["tools", "documents"] { _ = variables.append(name, .null) }
        return variables
    }

    private static func message(_ message: JSONNode) -> JSONNode {
        guard case .object(let members) = message else { return message }
        let present = members.members.filter { !$0.value.isNull }
        let names = ["reasoning_content", "thinking", "reasoning"]
        let reasoning = names.compactMap { name in present.first { $0.name == name }?.value }.first
        var result = JSONMembers()
        if let reasoning, !present.contains(where: { $0.name == "thinking" }) {
            _ = result.append("thinking", reasoning)
        }
        for (name, value) in present {
            _ = result.append(name, name == "reasoning_content" ? reasoning ?? value : value)
        }
        if let reasoning { _ = result.append("reasoning_content", reasoning) }
        return .object(result)
    }
}
