import Tasks
import Testing

@Suite("gettext's .mo files") struct MachineObjectTests {
    private static let entries = [
        ("", header("zu")), ("menu\u{4}~File", "~Ifayela"), ("one page\0%1 pages", "ikhasi\0amakhasi angu-%1"),
        ("Größe", "ubukhulu 🌍"), ("untranslated", ""),
    ]

    @Test(
        "texts without contexts, first forms of plurals, and the language, in both byte orders",
        arguments: [false, true])
    func read(isBigEndian: Bool) throws {
        let catalogue = try MessageCatalogue(machineObject: machineObject(Self.entries, isBigEndian: isBigEndian))
        #expect(catalogue.language == "zu" && catalogue.fuzzy == 0)
        #expect(catalogue.entries.map(\.english) == ["~File", "one page", "Größe", "untranslated"])
        #expect(catalogue.entries.map(\.source) == ["~Ifayela", "ikhasi", "ubukhulu 🌍", ""])
        #expect(catalogue.entries[0].place == "entry 2")
    }

    @Test("a file that is cut anywhere is refused, and so is an empty one")
    func cut() throws {
        let bytes = machineObject(Self.entries)
        for length in 0..<bytes.count {
            #expect(throws: CatalogueError.self, "\(length) bytes") {
                try MessageCatalogue(machineObject: Array(bytes.prefix(length)))
            }
        }
        #expect(try MessageCatalogue(machineObject: bytes).entries.count == 4)
    }

    /// The bytes of a 32-bit number at an offset, set to `value`.
    private func lying(_ offset: Int, _ value: UInt32) -> [UInt8] {
        var bytes = machineObject(Self.entries)
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
        return bytes
    }

    @Test(
        "numbers that point beyond the file, into its header, or to texts without an end are refused, with their place",
        arguments: [
            (0, 0, "byte 0: not a .mo file"), (4, 2 << 16, "byte 4: format revision 2"),
            (8, 0xFFFF_FFFF, "byte 12: the table of 4294967295 texts"), (12, 0, "byte 12"),
            (16, 0xFFFF_FFF0, "byte 16"),
            (28 + 8, 0x7FFF_FFFF, "together"), (28 + 12, 0xFFFF_FFFF, "entry 2, text: 10 bytes from byte 4294967295"),
            (28 + 8, 9, "entry 2, text: byte"),
        ] as [(Int, UInt32, String)])
    func numbers(offset: Int, value: UInt32, place: String) throws {
        let error = #expect(throws: CatalogueError.self) { try MessageCatalogue(machineObject: lying(offset, value)) }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }

    @Test("entries that are all the same long text are refused before any is read")
    func amplified() {
        let long = String(repeating: "x", count: 1 << 16)
        var bytes = machineObject([("a", long)] + (0..<100).map { ("\($0)", "b") })
        let table = 28 + 8 * 101
        for entry in 1...100 {
            bytes.replaceSubrange(table + 8 * entry..<table + 8 * entry + 8, with: bytes[table..<table + 8])
        }
        let error = #expect(throws: CatalogueError.self) { try MessageCatalogue(machineObject: bytes) }
        #expect(error?.description.contains("together") == true)
    }

    @Test("another encoding than UTF-8 is refused, by the header or by the bytes")
    func encoding() throws {
        let latin = #expect(throws: CatalogueError.self) {
            try MessageCatalogue(machineObject: machineObject([("", header("zu", charset: "ISO-8859-1")), ("a", "b")]))
        }
        #expect(latin?.description.contains("ISO-8859-1") == true)
        var bytes = machineObject([("a", "bé")])
        bytes[bytes.count - 2] = 0xFF
        let invalid = #expect(throws: CatalogueError.self) { try MessageCatalogue(machineObject: bytes) }
        #expect(invalid?.description.contains("entry 1, translation") == true)
        let template = machineObject([("", header("", charset: "CHARSET")), ("a", "b")])
        #expect(try MessageCatalogue(machineObject: template).language == nil)
    }
}
