// gettext's .mo: a header of seven 32-bit numbers, in either byte order; two tables of lengths and offsets, of the texts and of their
// translations; the texts, each with a zero byte behind it. The hash table isn't read.
//
// Format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
extension MessageCatalogue {
    /// - Throws: `CatalogueError` naming the entry and the byte at which the file isn't what it should be.
    package init(machineObject bytes: [UInt8]) throws {
        self.init()
        let file = try MachineObject(bytes)
        for index in 0..<file.count {
            let original = try file.text(index, of: .originals)
            let translation = try file.text(index, of: .translations)
            if original.isEmpty {
                let header = CatalogueHeader(translation)
                try header.check()
                language = header.language
                continue
            }
            // `context U+0004 text`, and the forms of a plural between zero bytes, of which the first is the singular.
            let text = original.split(separator: "\u{4}", maxSplits: 1, omittingEmptySubsequences: false).last ?? ""
            entries.append(
                Entry(
                    english: Self.firstForm(text), source: Self.firstForm(translation[...]), place: "entry \(index + 1)"
                ))
        }
    }

    private static func firstForm(_ text: Substring) -> String {
        String(text.unicodeScalars.prefix { $0.value != 0 })
    }
}

private struct MachineObject {
    enum Table: String {
        case originals = "text"
        case translations = "translation"
    }

    private static let magic: [UInt8] = [0x95, 0x04, 0x12, 0xDE]

    let bytes: [UInt8]
    let count: Int
    private let isBigEndian: Bool
    private let tables: [Table: Int]
    /// What all texts together may take: far beyond any file that doesn't name the same bytes over and over.
    private static let largestOverlap = 8

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        guard bytes.count >= 28 else {
            throw CatalogueError("\(bytes.count) bytes, expected at least the 28 of a .mo file's header")
        }
        switch Array(bytes.prefix(4)) {
        case Self.magic.reversed(): isBigEndian = false
        case Self.magic: isBigEndian = true
        default: throw CatalogueError("byte 0: not a .mo file, expected the number 0x950412DE")
        }
        let isBigEndian = isBigEndian
        func number(at offset: Int) -> Int { Self.number(bytes, at: offset, isBigEndian) }
        let major = number(at: 4) >> 16
        guard major <= 1 else {
            throw CatalogueError("byte 4: format revision \(major), expected 0 or 1")
        }
        count = number(at: 8)
        tables = [.originals: number(at: 12), .translations: number(at: 16)]
        var total = 0
        for table in [Table.originals, .translations] {
            let start = tables[table] ?? 0
            guard start >= 28, start + 8 * count <= bytes.count else {
                throw CatalogueError(
                    "byte \(table == .originals ? 12 : 16): the table of \(count) \(table.rawValue)s at byte \(start) "
                        + "doesn't fit into the file's \(bytes.count) bytes: it is cut short or damaged")
            }
            for index in 0..<count { total += number(at: start + 8 * index) + 1 }
        }
        guard total <= Self.largestOverlap * bytes.count else {
            throw CatalogueError("its texts have \(total) bytes together, the file \(bytes.count): it is damaged")
        }
    }

    private static func number(_ bytes: [UInt8], at offset: Int, _ isBigEndian: Bool) -> Int {
        let four = bytes[offset..<offset + 4]
        return (isBigEndian ? Array(four) : four.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }

    func text(_ index: Int, of table: Table) throws -> String {
        let place = (tables[table] ?? 0) + 8 * index
        let length = Self.number(bytes, at: place, isBigEndian)
        let start = Self.number(bytes, at: place + 4, isBigEndian)
        let name = "entry \(index + 1), \(table.rawValue)"
        guard start + length < bytes.count else {
            throw CatalogueError(
                "\(name): \(length) bytes from byte \(start) on don't fit into the file's \(bytes.count) bytes: it is cut "
                    + "short or damaged")
        }
        guard bytes[start + length] == 0 else {
            throw CatalogueError(
                "\(name): byte \(start + length) is \(bytes[start + length]), expected 0 at the end of a text")
        }
        guard let text = String(validating: bytes[start..<start + length], as: UTF8.self) else {
            throw CatalogueError("\(name): the \(length) bytes from byte \(start) on are not UTF-8")
        }
        return text
    }
}
