/// Writes JSON as Python's `json.dump(…, indent=2)` does, in the order of the members.
extension JSONNode {
    package func indentedText(level: Int = 0) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .null, .bool, .int, .double, .decimal, .string: return text
        case .array(let elements):
            if elements.isEmpty { return "[]" }
            let lines = elements.map { inner + $0.indentedText(level: level + 1) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + outer + "]"
        case .object(let members):
            if members.count == 0 { return "{}" }
            let lines = members.members.map {
                inner + JSONNode.string($0.name).text + ": " + $0.value.indentedText(level: level + 1)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + outer + "}"
        }
    }
}

extension JSONMembers: ExpressibleByDictionaryLiteral {
    /// - Precondition: the names differ.
    package init(dictionaryLiteral elements: (String, JSONNode)...) {
        self.init()
        for (name, value) in elements {
            let isNew = append(name, value)
            precondition(isNew, "two members are named \(name)")
        }
    }
}
