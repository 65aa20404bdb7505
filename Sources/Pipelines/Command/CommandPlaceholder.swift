/// `{in.ROLE}` or `{out.ROLE}` in an argument; other braces mean themselves. `{in.ROLE:raw}` isn't quoted in a shell script.
package struct CommandPlaceholder: Hashable {
    package enum Direction { case input, output }

    static let rawEnding = ":raw"

    package let direction: Direction
    package let role: String
    package let isRaw: Bool
    /// As written.
    package let text: String

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
        let bytes = Array(argument.utf8)
        var result: [UInt8] = []
        var place = 0
        // By bytes, which takes a tenth of the time of characters.
        while let open = bytes[place...].firstIndex(of: UInt8(ascii: "{")) {
            result += bytes[place..<open]
            if let (placeholder, end) = first(in: bytes[open...]) {
                result += try value(placeholder).utf8
                place = end
            } else {
                result.append(bytes[open])
                place = open + 1
            }
        }
        return String(decoding: result + bytes[place...], as: UTF8.self)
    }

    /// The placeholder with which `bytes` begin, and where it ends.
    static func first(in bytes: ArraySlice<UInt8>) -> (placeholder: CommandPlaceholder, end: Int)? {
        guard bytes.first == UInt8(ascii: "{"), let close = bytes.firstIndex(of: UInt8(ascii: "}")),
            let placeholder = CommandPlaceholder(String(decoding: bytes[...close], as: UTF8.self))
        else { return nil }
        return (placeholder, close + 1)
    }

    private init?(_ text: String) {
        var inner = text.utf8.dropFirst().dropLast()
        isRaw = inner.reversed().starts(with: Self.rawEnding.utf8.reversed())
        if isRaw { inner = inner.dropLast(Self.rawEnding.utf8.count) }
        if inner.starts(with: "in.".utf8) {
            direction = .input
            role = String(Substring(inner.dropFirst(3)))
        } else if inner.starts(with: "out.".utf8) {
            direction = .output
            role = String(Substring(inner.dropFirst(4)))
        } else {
            return nil
        }
        self.text = text
    }
}
