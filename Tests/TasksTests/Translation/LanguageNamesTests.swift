import Tasks
import Testing

@Suite("Languages of catalogues") struct LanguageNamesTests {
    private let names = LanguageNames(["zu": "Zulu", "pt": "Portuguese", "pt_BR": "Brazilian", "sr@latin": "Serbian"])

    @Test(
        "the longest code that fits a language is taken, however it is written",
        arguments: [
            ("zu", "zu"), ("zu_ZA", "zu"), ("ZU-za", "zu"), ("pt_BR", "pt_BR"), ("pt-br.UTF-8", "pt_BR"),
            ("pt_PT", "pt"),
            ("sr_RS@latin", "sr@latin"), ("sr", nil), ("sr_RS", nil), ("zul", nil), ("z", nil),
        ] as [(String, String?)])
    func found(language: String, code: String?) { #expect(names.find(language)?.code == code) }

    @Test("without names every language is taken, by its code")
    func all() {
        let all = LanguageNames([:])
        #expect(all.find("kmr@latin")?.name == "kmr@latin" && names.find("zu_ZA")?.name == "Zulu")
        #expect(names.sameCodes == nil && LanguageNames(["en_ZA": "a", "EN-za": "b"]).sameCodes != nil)
    }

    @Test(
        "a path's language is that of the folder above LC_MESSAGES, of a folder or of the file",
        arguments: [
            ("share/locale/zu/LC_MESSAGES/sw.mo", "zu"), ("fr/LC_MESSAGES/zu.po", "fr"), ("po/zu.po", "zu"),
            ("zu/sw.po", "zu"),
            ("zu/messages.po", "zu"), ("data/zu_ZA.jsonl", "zu_ZA"), ("messages.po", nil),
            ("usr/lib/catalogues/messages.po", nil),
            ("fr/messages.po", "fr"), ("all/sw.po", "sw"),
        ] as [(String, String?)])
    func path(path: String, language: String?) {
        #expect(names.language(ofPath: path, isNamed: true) == language)
    }

    @Test("a program's name that looks like a language isn't one")
    func programs() {
        #expect(names.language(ofPath: "sm.mo", isNamed: false) == nil)
        #expect(names.language(ofPath: "zu/sm.mo", isNamed: false) == "zu")
        #expect(names.language(ofPath: "fr/sm.mo", isNamed: false) == "fr")
        #expect(names.language(ofPath: "zu.mo", isNamed: false) == "zu")
        let all = LanguageNames([:])
        #expect(all.language(ofPath: "sm.mo", isNamed: false) == nil)
        #expect(all.language(ofPath: "sm.jsonl", isNamed: true) == "sm")
    }

    @Test(
        "codes",
        arguments: [
            ("zu", true), ("en_ZA", true), ("kmr@latin", true), ("z", false), ("Zulu language", false), ("zu_", false),
            ("", false), ("zü", false),
        ])
    func codes(text: String, isCode: Bool) { #expect(LanguageNames.isCode(text) == isCode) }
}
