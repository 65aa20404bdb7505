/// `{in.ROLE}` or `{out.ROLE}` in an argument; other braces mean themselves.
struct CommandPlaceholder: Hashable {
    enum Direction { case input, output }

    let direction: Direction
    let role: String
    /// As written.
    let text: String

    /// The placeholders of an argument, in order.
    static func all(in argument: String) -> [CommandPlaceholder] {
        var found: [CommandPlaceholder] = []
        _ = replace(in: argument) { placeholder in
            found.append(placeholder)
            return ""
        }
        return found
    }

    /// The argument with each placeholder replaced.
    static func replace(in argument: String, by value: (CommandPlaceholder) throws -> String) rethrows -> String {
        var result = ""
        var rest = Substring(argument)
        // By bytes, which takes a tenth of the time of characters.
        while let open = rest.utf8.firstIndex(of: UInt8(ascii: "{")) {
            result += rest[..<open]
            rest = rest[open...]
            guard let close = rest.utf8.firstIndex(of: UInt8(ascii: "}")),
                let placeholder = CommandPlaceholder(rest[...close])
            else {
                result.unicodeScalars.append(rest.unicodeScalars.removeFirst())
                continue
            }
            result += try value(placeholder)
            rest = rest[rest.utf8.index(after: close)...]
        }
        return result + rest
    }

    private init?(_ text: Substring) {
        let inner = text.utf8.dropFirst().dropLast()
        if inner.starts(with: "in.".utf8) {
            direction = .input
            role = String(Substring(inner.dropFirst(3)))
        } else if inner.starts(with: "out.".utf8) {
            direction = .output
            role = String(Substring(inner.dropFirst(4)))
        } else {
            return nil
        }
        self.text = String(text)
    }
}
