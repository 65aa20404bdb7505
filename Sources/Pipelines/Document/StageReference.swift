/// How an input names what it takes: `stage`, `stage.role`, `stage[axis=value,…]` or `stage[axis=value,…].role`.
struct StageReference {
    let stage: String
    /// Axis and value, as written; nil without brackets.
    let selection: [(axis: String, value: String)]?
    let role: String?

    /// Nil if the text has another form.
    init?(_ text: String) {
        let stage = text.prefix { $0 != "[" && $0 != "." }
        guard isName(String(stage)) else { return nil }
        var rest = text[stage.endIndex...]
        self.stage = String(stage)
        if rest.first == "[" {
            guard let end = Self.closingBracket(in: rest),
                let selection = Self.selection(rest[rest.index(after: rest.startIndex)..<end])
            else { return nil }
            self.selection = selection
            rest = rest[rest.index(after: end)...]
        } else {
            selection = nil
        }
        if rest.isEmpty {
            role = nil
        } else if rest.first == ".", rest.count > 1 {
            role = String(rest.dropFirst())
        } else {
            return nil
        }
    }

    private static func closingBracket(in text: Substring) -> Substring.Index? {
        var depth = 0
        for index in text.indices {
            if text[index] == "[" { depth += 1 }
            if text[index] == "]" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// `a=x,b=y`, where a value may have brackets with commas inside.
    private static func selection(_ text: Substring) -> [(axis: String, value: String)]? {
        var parts: [Substring] = []
        var depth = 0
        var start = text.startIndex
        for index in text.indices {
            if text[index] == "[" { depth += 1 }
            if text[index] == "]" { depth -= 1 }
            if text[index] == ",", depth == 0 {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
        }
        parts.append(text[start...])
        var selection: [(String, String)] = []
        for part in parts {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let axis = part[..<equals].drop { $0 == " " }
            selection.append((String(axis), String(part[part.index(after: equals)...])))
        }
        return selection
    }
}
