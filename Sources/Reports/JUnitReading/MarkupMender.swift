import Foundation

/// Mends what commonly keeps a report from being well-formed, so that nothing of it is lost: `<` and `&` that should have been
/// escaped, values without quotes, characters that XML forbids, text in front of the document.
///
/// What it can't mend stays as it is. It also knows what libxml2's recovery doesn't say: how many test cases were begun,
/// and whether the file ends within one.
struct MarkupMender {
    private let bytes: [UInt8]
    private var position = 0
    private var hasDoctype = false
    private(set) var mended: [UInt8] = []
    private(set) var testCases = 0
    private(set) var endsWithinTestCase = false
    private(set) var forbidden = 0
    private var escaped = 0
    private var quoted = 0
    private var skipped = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        mended.reserveCapacity(bytes.count + 64)
        skipToDocument()
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "<"): mendMarkup()
            case UInt8(ascii: "&"): mendReference()
            default: copy(1)
            }
        }
    }

    /// What was mended, for a warning; nil if nothing was.
    var repairs: String? {
        let parts = [
            (skipped, "\(counted(skipped, "byte")) in front of the document left out"),
            (escaped, "\(escaped) '<' or '&' taken as text"),
            (quoted, "\(counted(quoted, "value")) without quotes"),
        ]
        let done = parts.filter { $0.0 > 0 }.map(\.1)
        return done.isEmpty ? nil : done.joined(separator: ", ")
    }

    // MARK: Markup

    /// A document begins with its first tag, comment or declaration; what a tool has printed before it is none of its own.
    private mutating func skipToDocument() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if bytes.starts(with: mark) { copy(mark.count) }
        let start = position
        while position < bytes.count, !(bytes[position] == UInt8(ascii: "<") && beginsMarkup) { position += 1 }
        if position == bytes.count { position = start }
        skipped = position - start
    }

    private var beginsMarkup: Bool {
        guard position + 1 < bytes.count else { return false }
        let next = bytes[position + 1]
        return Self.beginsName(next) || "/!?".utf8.contains(next)
    }

    private mutating func mendMarkup() {
        if follows("<![CDATA[") { return copy(through: "]]>") }
        if follows("<!--") { return copy(through: "-->") }
        if follows("<?") { return copy(through: "?>") }
        if follows("<!DOCTYPE") { return copyDoctype() }
        guard beginsMarkup else { return escape("&lt;") }
        mendTag()
    }

    private mutating func copyDoctype() {
        hasDoctype = true
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                guard let end = bytes[(position + 1)...].firstIndex(of: byte) else {
                    return copy(bytes.count - position)
                }
                copy(end + 1 - position)
                continue
            }
            copy(1)
            switch byte {
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ">") where depth <= 0: return
            default: break
            }
        }
    }

    private mutating func mendTag() {
        copy(1)
        let closes = position < bytes.count && bytes[position] == UInt8(ascii: "/")
        if closes { copy(1) }
        let start = position
        while position < bytes.count, Self.continuesName(bytes[position]) { copy(1) }
        let isTestCase = bytes[start..<position].elementsEqual("testcase".utf8)
        if isTestCase {
            endsWithinTestCase = !closes
            if !closes { testCases += 1 }
        }
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "<"): return  // The tag has no end: nothing that could be mended here.
            case UInt8(ascii: "'"), UInt8(ascii: "\""): mendValue(byte)
            case UInt8(ascii: "="):
                copy(1)
                copySpace()
                if position < bytes.count, !"'\"<>/".utf8.contains(bytes[position]) { quoteValue() }
            case UInt8(ascii: ">"):
                if isTestCase, bytes[position - 1] == UInt8(ascii: "/") { endsWithinTestCase = false }
                return copy(1)
            default: copy(1)
            }
        }
    }

    private mutating func mendValue(_ quote: UInt8) {
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return copy(bytes.count - position) }
        copy(1)
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "<"): escape("&lt;")
            case UInt8(ascii: "&"): mendReference()
            default: copy(1)
            }
        }
        copy(1)
    }

    private mutating func quoteValue() {
        quoted += 1
        mended.append(UInt8(ascii: "\""))
        while position < bytes.count, !Self.isSpace(bytes[position]), bytes[position] != UInt8(ascii: ">") {
            if bytes[position] == UInt8(ascii: "/"), position + 1 < bytes.count,
                bytes[position + 1] == UInt8(ascii: ">")
            {
                break
            }
            switch bytes[position] {
            case UInt8(ascii: "<"): escape("&lt;")
            case UInt8(ascii: "\""): escape("&quot;")
            case UInt8(ascii: "&"): mendReference()
            default: copy(1)
            }
        }
        mended.append(UInt8(ascii: "\""))
    }

    /// A reference to a character that XML forbids becomes `?`, as the character itself does; what is no reference becomes
    /// text.
    private mutating func mendReference() {
        let rest = bytes[(position + 1)...].prefix(64)
        guard let end = rest.firstIndex(of: UInt8(ascii: ";")), end > rest.startIndex else { return escape("&amp;") }
        let name = String(decoding: rest[..<end], as: UTF8.self)
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let isHex = digits.hasPrefix("x")
            let code = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            guard digits.dropFirst(isHex ? 1 : 0).allSatisfy(\.isHexDigit), !digits.isEmpty else {
                return escape("&amp;")
            }
            guard let code, Self.isAllowed(code) else {
                mended.append(UInt8(ascii: "?"))
                forbidden += 1
                position = end + 1
                return
            }
            return copy(end + 1 - position)
        }
        let isName = rest[..<end].allSatisfy(Self.continuesName) && Self.beginsName(rest[rest.startIndex])
        guard isName, hasDoctype || ["lt", "gt", "amp", "quot", "apos"].contains(name) else { return escape("&amp;") }
        copy(end + 1 - position)
    }

    // MARK: Bytes

    private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func copy(_ count: Int) {
        mended += bytes[position..<position + count]
        position += count
    }

    private mutating func copySpace() {
        while position < bytes.count, Self.isSpace(bytes[position]) { copy(1) }
    }

    private mutating func copy(through text: String) {
        let wanted = Array(text.utf8)
        while position < bytes.count {
            if bytes[position] == wanted[0], follows(text) { return copy(wanted.count) }
            copy(1)
        }
    }

    /// Writes a reference instead of the character here.
    private mutating func escape(_ reference: String) {
        mended += reference.utf8
        position += 1
        escaped += 1
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x9, 0xA, 0xD].contains(byte) }

    private static func beginsName(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
            || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        beginsName(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }

    /// Whether XML 1.0 (§2.2) allows a character.
    private static func isAllowed(_ code: UInt32) -> Bool {
        switch code {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}

extension XMLSource {
    /// All of the file, as UTF-8 if it is UTF-16 or says so and isn't: then without its declaration, which names the encoding.
    func wholeText() throws -> (bytes: [UInt8], replaced: Int) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(into: $0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        let isWide = bytes.count > 1 && (bytes[0] >= 0xFE || bytes[0] == 0 || bytes[1] == 0)
        let encodings: [String.Encoding] =
            switch (bytes.first, bytes.dropFirst().first) {
            case (0xFF, 0xFE), (0xFE, 0xFF): [.utf16]
            case (0, _): [.utf16BigEndian]
            default: [.utf16LittleEndian]
            }
        var replaced = self.replaced
        if isWide {
            // An odd byte at the end is half a character.
            let whole = Data(bytes.prefix(bytes.count & ~1))
            guard let text = encodings.lazy.compactMap({ String(data: whole, encoding: $0) }).first else {
                return (bytes, replaced)
            }
            bytes = Array(text.utf8)
            for index in bytes.indices where bytes[index] < 0x20 && ![0x9, 0xA, 0xD].contains(bytes[index]) {
                bytes[index] = UInt8(ascii: "?")
                replaced += 1
            }
        }
        let head = String(decoding: bytes.prefix(200), as: UTF8.self)
        if let declaration = head.range(of: #"^\x{FEFF}?\s*<\?xml[^>]*?\?>"#, options: .regularExpression),
            isWide
                || head[declaration].range(of: "utf-?16|ucs-?2", options: [.regularExpression, .caseInsensitive]) != nil
        {
            bytes.removeFirst(head[declaration].utf8.count)
        }
        return (bytes, replaced)
    }
}
