/// The opening tags of an HTML page with their attributes: as much of HTML as the pages of package indexes need.
struct HTMLTags: Sequence, IteratorProtocol {
    struct Tag {
        /// In lower case.
        let name: String
        /// Names in lower case; character references replaced.
        var attributes: [String: String] = [:]
    }

    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in bytes[place...].prefix(text.count).elementsEqual(text) }
    }

    mutating func next() -> Tag? {
        while let byte = current {
            guard byte == UInt8(ascii: "<") else {
                place += 1
                continue
            }
            if starts(with: "<!--") {
                place += 4
                while current != nil, !starts(with: "-->") { place += 1 }
                continue
            }
            place += 1
            let name = word { Self.isLetter($0) || (48...57).contains($0) }
            if !name.isEmpty { return Tag(name: name.lowercased(), attributes: attributes()) }
        }
        return nil
    }

    private mutating func attributes() -> [String: String] {
        var attributes: [String: String] = [:]
        while let byte = current, byte != UInt8(ascii: ">") {
            if Self.isSpace(byte) || byte == UInt8(ascii: "/") {
                place += 1
                continue
            }
            let name = word { !Self.isSpace($0) && !"=>/".utf8.contains($0) }.lowercased()
            skipSpace()
            var value = ""
            if current == UInt8(ascii: "=") {
                place += 1
                skipSpace()
                if let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                    place += 1
                    value = word { $0 != quote }
                    place += 1
                } else {
                    value = word { !Self.isSpace($0) && $0 != UInt8(ascii: ">") }
                }
            } else if name.isEmpty {
                place += 1
            }
            if attributes[name] == nil { attributes[name] = Self.withoutReferences(value) }
        }
        return attributes
    }

    private mutating func skipSpace() { while let byte = current, Self.isSpace(byte) { place += 1 } }

    private mutating func word(_ belongs: (UInt8) -> Bool) -> String {
        let start = place
        while let byte = current, belongs(byte) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }

    private static func withoutReferences(_ text: String) -> String {
        guard text.contains("&") else { return text }
        let named = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "sol": "/", "colon": ":", "num": "#"]
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            rest = rest[start...]
            guard let end = rest.prefix(12).firstIndex(of: ";") else {
                result += "&"
                rest = rest.dropFirst()
                continue
            }
            let name = rest[rest.index(after: start)..<end]
            var replacement = named[String(name)]
            if name.hasPrefix("#") {
                let digits = name.dropFirst()
                let isHexadecimal = digits.first == "x" || digits.first == "X"
                replacement = UInt32(isHexadecimal ? digits.dropFirst() : digits, radix: isHexadecimal ? 16 : 10)
                    .flatMap(Unicode.Scalar.init).map { String($0) }
            }
            result += replacement ?? String(rest[...end])
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
