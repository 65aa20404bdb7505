import Tasks
import Testing

/// A text as a catalogue has it and as people would write it, beside a translation that needs no cleaning.
@Suite("Cleaning of catalogues' texts") struct TextCleaningTests {
    /// The English as it is cleaned beside a translation.
    private func cleaned(_ english: String, _ source: String = "gqz") throws -> String {
        try TranslationPair(cleaning: english, source: source).english
    }

    private func rejection(_ english: String, _ source: String) -> Rejection? {
        do throws(Rejection) {
            _ = try TranslationPair(cleaning: english, source: source)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "mnemonics are taken away",
        arguments: [
            ("_File", "File"), ("Co_py results", "Copy results"), ("O~ffset", "Offset"), ("Insert ~row", "Insert row"),
            ("pass~word", "password"), ("&Save as", "Save as"), ("Low (_640 × 480)", "Low (640 × 480)"),
            ("File (_F)", "File"),
            ("File(~F)...", "File"), ("Dev_ice", "Device"),
        ])
    func mnemonics(text: String, expected: String) throws { #expect(try cleaned(text) == expected) }

    @Test(
        "what only looks like one stays",
        arguments: [
            ("Cut &amp; paste", "gqz"), ("Cut && paste", "gqz"), ("Date&Time", "gqz"), ("AT&T", "gqz"),
            ("black & white", "gqz"),
            ("black&white", "gqz"), ("set my_own_name", "gqz"), ("the wizard_name here", "gqz wizard_name"),
            ("EXTENSION_NAME", "gqz"),
            ("~/folder", "gqz"), ("a_ b", "gqz"), ("_one _two", "gqz"), ("user_id", "gqz user_id"),
        ])
    func others(text: String, other: String) throws { #expect(try cleaned(text, other) == text) }

    @Test("an ampersand in a word is a mnemonic where the translation has one")
    func ampersand() throws { #expect(try cleaned("E&xit", "&Phuma") == "Exit") }

    @Test("a mnemonic in a word that isn't translated is one in both texts")
    func both() throws {
        let pair = try TranslationPair(cleaning: "Load Ba_sic code", source: "Hupi Ba_sic")
        #expect(pair.english == "Load Basic code" && pair.source == "Hupi Basic")
    }

    @Test(
        "tags, placeholders and what they leave",
        arguments: [
            ("Copy %1", "%1 gqz", "Copy", "gqz"),
            ("%PRODUCTNAME %PRODUCTVERSION update", "gqz %PRODUCTVERSION %PRODUCTNAME", "update", "gqz"),
            ("The file '$(ARG1)' is locked.", "'$(ARG1)' gqz.", "The file is locked.", "gqz."),
            ("Page %d of %d", "gqz %d %d", "Page of", "gqz"),
            ("Style: $1", "gqz: $1", "Style", "gqz"), ("Sum {0}, {name}", "{0} gqz {name}", "Sum", "gqz"),
            ("%.2f points", "gqz %.2f", "points", "gqz"),
            ("%2$s, then %1$s", "%1$s gqz %2$s", "then", "gqz"), ("Footer (%1)", "gqz (%1)", "Footer", "gqz"),
            ("Cell #1 changed", "gqz #1", "Cell changed", "gqz"),
            ("Set property '#'", "gqz '#'", "Set property", "gqz"), ("above $2.", "gqz $2.", "above.", "gqz."),
            ("in $LANGUAGE", "gqz $LANGUAGE", "in", "gqz"),
            ("${user}: hello", "${user}: gqz", "hello", "gqz"),
            ("%(name)s says", "gqz %(name)s", "says", "gqz"),
            ("<ahelp hid=\"1\">Opens it</ahelp>", "<ahelp hid=\"1\">gqz</ahelp>", "Opens it", "gqz"),
            ("One<br/>two", "gqz<br/>gqz", "One two", "gqz gqz"), ("a <b>bold</b> word", "gqz", "a bold word", "gqz"),
        ])
    func placeholders(english: String, source: String, expected: String, expectedSource: String) throws {
        let pair = try TranslationPair(cleaning: english, source: source)
        #expect(pair.english == expected && pair.source == expectedSource)
    }

    @Test(
        "signs that mean themselves stay",
        arguments: [
            "+20% contrast", "20%", "in %", "costs $5.50", "costs $100", "C# code", "a < b", "< Back",
            "Convert text -> table", "{", "the .txt file",
        ]
        .map { $0 + " x" })
    func signs(text: String) throws { #expect(try cleaned(text) == text) }

    @Test(
        "white space, brackets around all, and ends",
        arguments: [
            ("  Two \u{A0}\t words  ", "Two words"), ("Open...", "Open"), ("Open …", "Open"), ("Name:", "Name"),
            ("Name : ...", "Name"),
            ("<None>", "None"), ("[All of it]", "All of it"), ("{None}", "None"), ("(a) or (b)", "(a) or (b)"),
            ("Function Wizard -", "Function Wizard"),
            ("- new -", "new"), ("-20% light", "-20% light"), ("Done .", "Done."), ("x\u{200E}y\u{AD}z", "xyz"),
            ("It is.", "It is."),
        ])
    func ends(text: String, expected: String) throws { #expect(try cleaned(text) == expected) }

    @Test(
        "pairs that teach nothing are left out, with the reason",
        arguments: [
            ("Open", "", .untranslated), ("Open", " ", .untranslated), ("Open", "~Open...", .untranslated),
            ("B4 (JIS)", "b4 [JIS]", .untranslated),
            ("two\nlines", "gqz", .lineEnds), ("two", "gqz\u{2028}gqz", .lineEnds),
            ("%PRODUCTNAME's name", "gqz %PRODUCTNAME", .placeholders),
            ("%1 file", "I-%1 gqz", .placeholders), ("%1 file", "gqz", .placeholders),
            ("$(ARG1)s gone", "gqz $(ARG1)", .placeholders),
            ("x{0} file", "gqz {0}", .placeholders),
            ("Curve %1", "gqz %O", .placeholders), ("12 + 3", "gqz", .noLetters),
            ("hello", "12", .noLetters), ("%1", "%1", .noLetters),
        ] as [(String, String, Rejection)])
    func rejected(english: String, source: String, reason: Rejection) { #expect(rejection(english, source) == reason) }
}
