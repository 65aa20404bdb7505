// gettext's .po: entries of `msgctxt`, `msgid`, `msgid_plural` and `msgstr` (of plurals `msgstr[0]` …), each with a text in quotes that
// may go on in further lines. Entries marked `fuzzy` and obsolete ones, behind `#~`, are left out.
//
// Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
extension MessageCatalogue {
    /// - Throws: `CatalogueError` naming the line that isn't what it should be.
    package init(portableObject bytes: [UInt8]) throws {
        self.init()
        var parser = PortableObject()
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let lines = bytes.dropFirst(bytes.starts(with: mark) ? mark.count : 0)
            .split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            parser.line = index + 1
            try parser.read(line)
        }
        try parser.finish()
        guard parser.hasEntries else { throw CatalogueError("no entry, expected msgid and msgstr") }
        self = parser.catalogue
    }
}

private struct PortableObject {
    private enum Field: Hashable {
        case context, text, plural
        /// The translation, or that of the plural form with this number.
        case translation(Int?)

        var keyword: String {
            switch self {
            case .context: "msgctxt"
            case .text: "msgid"
            case .plural: "msgid_plural"
            case .translation(nil): "msgstr"
            case .translation(let form?): "msgstr[\(form)]"
            }
        }
    }

    var catalogue = MessageCatalogue()
    var line = 0
    private(set) var hasEntries = false
    private var fields: [Field: [UInt8]] = [:]
    private var forms = 0
    private var current: Field?
    private var start = 0
    private var isFuzzy = false
    /// Whether flags have been read that belong to the next entry.
    private var nextIsFuzzy = false

    mutating func read(_ bytes: ArraySlice<UInt8>) throws {
        let text = bytes.drop(while: Self.isBlank)
        guard let first = text.first else { return }
        switch first {
        case UInt8(ascii: "#"):
            if text.starts(with: "#,".utf8), Self.words(text.dropFirst(2)).contains("fuzzy") { nextIsFuzzy = true }
        case UInt8(ascii: "\""):
            guard let current else { throw error("a text without msgid or msgstr in front") }
            fields[current, default: []] += try quoted(text)
        default:
            let keyword = text.prefix { !Self.isBlank($0) && $0 != UInt8(ascii: "\"") }
            let rest = text.dropFirst(keyword.count).drop(while: Self.isBlank)
            let name = String(decoding: keyword.prefix(40), as: UTF8.self)
            if name == "domain" {
                _ = try quoted(rest)
                return
            }
            let field = try field(named: name)
            try begin(field)
            fields[field] = try quoted(rest)
            current = field
        }
    }

    /// Checks that the last entry is whole.
    mutating func finish() throws {
        guard start > 0 else { return }
        guard forms > 0 else {
            throw CatalogueError("line \(start): an entry without msgstr at the end: the file is cut short")
        }
        try close()
    }

    private func field(named name: String) throws -> Field {
        switch name {
        case "msgctxt": return .context
        case "msgid": return .text
        case "msgid_plural": return .plural
        case "msgstr": return .translation(nil)
        default:
            if name.hasPrefix("msgstr["), name.hasSuffix("]"), let form = Int(name.dropFirst(7).dropLast()), form >= 0 {
                return .translation(form)
            }
            throw error("'\(name)', expected msgctxt, msgid, msgid_plural, msgstr or a comment")
        }
    }

    private mutating func begin(_ field: Field) throws {
        if forms > 0, field == .context || field == .text { try close() }
        if start == 0 { (start, isFuzzy, nextIsFuzzy) = (line, nextIsFuzzy, false) }
        guard fields[field] == nil else { throw error("\(field.keyword) again in the entry of line \(start)") }
        switch field {
        case .context, .text: break
        case .plural:
            guard fields[.text] != nil, forms == 0 else { throw error("msgid_plural, expected behind msgid") }
        case .translation(let form):
            guard fields[.text] != nil else { throw error("\(field.keyword) without msgid") }
            guard form == (fields[.plural] == nil ? nil : forms) else {
                let expected = Field.translation(fields[.plural] == nil ? nil : forms).keyword
                throw error("\(field.keyword), expected \(expected)")
            }
            forms += 1
        }
    }

    private mutating func close() throws {
        let english = try text(of: .text)
        let source = try text(of: fields[.plural] == nil ? .translation(nil) : .translation(0))
        hasEntries = true
        if english.isEmpty, fields[.context] == nil {
            let header = CatalogueHeader(source)
            try header.check()
            catalogue.language = header.language
        } else if isFuzzy {
            catalogue.fuzzy += 1
        } else {
            catalogue.entries.append(.init(english: english, source: source, place: "line \(start)"))
        }
        (fields, forms, current, start) = ([:], 0, nil, 0)
    }

    private func text(of field: Field) throws -> String {
        guard let text = String(validating: fields[field] ?? [], as: UTF8.self) else {
            throw CatalogueError("line \(start): \(field.keyword) is not UTF-8: convert the file with msgconv -t UTF-8")
        }
        return text
    }

    private func error(_ text: String) -> CatalogueError { CatalogueError("line \(line): \(text)") }
}

extension PortableObject {
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func words(_ bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split { isBlank($0) || $0 == UInt8(ascii: ",") }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a text in quotes stands for, with nothing behind it in its line.
    private func quoted(_ bytes: ArraySlice<UInt8>) throws -> [UInt8] {
        guard bytes.first == UInt8(ascii: "\"") else { throw error("expected a text in double quotes") }
        var text: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard rest.allSatisfy(Self.isBlank) else { throw error("more behind the text in double quotes") }
                return text
            case UInt8(ascii: "\\"): text.append(try escape(&rest))
            default: text.append(byte)
            }
        }
        throw error("the text in double quotes doesn't end")
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "a"): 0x07,
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27, UInt8(ascii: "?"): 0x3F,
    ]

    /// The byte that an escape, whose backslash has been read, stands for.
    private func escape(_ rest: inout ArraySlice<UInt8>) throws -> UInt8 {
        let isOctal: (UInt8) -> Bool = { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
        guard let byte = rest.first else { throw error("a backslash at the end of the line") }
        if let value = Self.escapes[byte] {
            rest.removeFirst()
            return value
        }
        let isHexadecimal = byte == UInt8(ascii: "x")
        if isHexadecimal { rest.removeFirst() }
        let digits = rest.prefix(isHexadecimal ? 2 : 3).prefix {
            isHexadecimal ? Character(UnicodeScalar($0)).isHexDigit : isOctal($0)
        }
        guard let value = UInt8(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 8) else {
            throw error("the escape \\\(Character(UnicodeScalar(byte))) isn't one of gettext's")
        }
        rest.removeFirst(digits.count)
        return value
    }
}
