import Tasks
import Testing

@Suite("gettext's .po files") struct PortableObjectTests {
    private func read(_ text: String) throws -> MessageCatalogue {
        try MessageCatalogue(portableObject: Array(text.utf8))
    }

    private static let file = #"""
        # A translation.
        msgid ""
        msgstr ""
        "Language: zu_ZA\n"
        "Content-Type: text/plain; charset=UTF-8\n"

        #. For a menu.
        #: file.c:12
        msgctxt "menu"
        msgid "Open "
        "the \"file\"\t"
        msgstr "Vula \x41\102"
          "\\ifayela"

        #, c-format, fuzzy
        #| msgid "Old"
        msgid "New"
        msgstr "Okusha"
        #, c-format
        msgid "one page"
        msgid_plural "%d pages"
        msgstr[0] "ikhasi"
        msgstr[1] "amakhasi"
        #~ msgid "Gone"
        #~ msgstr "Kuphelile"
        msgid "Same"
        msgstr ""
        """#

    @Test(
        "texts over lines, escapes, contexts and plurals; neither fuzzy entries nor obsolete ones",
        arguments: ["\n", "\r\n"])
    func read(lineEnd: String) throws {
        let catalogue = try read("\u{FEFF}" + Self.file.replacing("\n", with: lineEnd))
        #expect(catalogue.language == "zu_ZA" && catalogue.fuzzy == 1)
        #expect(catalogue.entries.map(\.english) == ["Open the \"file\"\t", "one page", "Same"])
        #expect(catalogue.entries.map(\.source) == ["Vula AB\\ifayela", "ikhasi", ""])
        #expect(catalogue.entries.map(\.place) == ["line 9", "line 20", "line 26"])
    }

    @Test(
        "what isn't an entry is refused, with its line",
        arguments: [
            ("", "no entry"), ("# nothing\n\n", "no entry"), ("\"a\"\n", "line 1: a text without msgid"),
            ("msgid \"a\"\n", "line 1: an entry without msgstr"),
            ("msgid \"a\"\nmsgstr \"b", "line 2: the text in double quotes"),
            ("msgid \"a\"\nmsgid \"b\"\n", "line 2: msgid again"), ("msgstr \"a\"\n", "line 1: msgstr without msgid"),
            ("msgid \"a\"\nmsgstr \"b\"\nmsgstr \"c\"\n", "line 3: msgstr again"),
            ("msgid \"a\"\nmsgstr[0] \"b\"\n", "line 2: msgstr[0], expected msgstr"),
            ("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr \"c\"\n", "line 3: msgstr, expected msgstr[0]"),
            ("msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\"\n", "line 3: msgstr[1], expected msgstr[0]"),
            ("msgid \"a\" b\n", "line 1: more behind"), ("msgid a\n", "line 1: expected a text"),
            ("msgid \"\\q\"\n", "line 1: the escape \\q"), ("msgid \"\\x\"\n", "line 1: the escape \\x"),
            ("msgid \"\\777\"\n", "line 1: the escape \\7"), ("msgid \"a\\\n", "line 1: a backslash"),
            ("hello\n", "line 1: 'hello', expected msgctxt"),
            ("msgid \"a\"\nmsgstr \"\\xFF\"\n", "line 1: msgstr is not UTF-8"),
            ("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=KOI8-R\\n\"\n", "KOI8-R"),
            ("msgid \"a\"\nmsgstr[99999999999999999999] \"b\"\n", "line 2: 'msgstr[99999999999999999999]'"),
        ])
    func refused(text: String, place: String) throws {
        let error = #expect(throws: CatalogueError.self) { try read(text) }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }
}
