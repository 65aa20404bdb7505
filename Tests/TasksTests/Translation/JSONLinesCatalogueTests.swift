import Tasks
import Testing

@Suite("Translations in JSONL") struct JSONLinesCatalogueTests {
    private func read(_ text: String) throws -> MessageCatalogue { try MessageCatalogue(jsonLines: Array(text.utf8)) }

    @Test("a pair a line, whose target is English, with or without a language")
    func pairs() throws {
        let catalogue = try read(
            "\u{FEFF}{\"source\": \"moni\", \"target\": \"hello\", \"language\": \"ny\"}\r\n\n{\"target\": \"no\", \"source\": \"ayi\", \"x\": 1}"
        )
        #expect(catalogue.language == nil)
        #expect(
            catalogue.entries == [
                .init(english: "hello", source: "moni", language: "ny", place: "line 1"),
                .init(english: "no", source: "ayi", place: "line 3"),
            ])
    }

    @Test(
        "what is no pair is refused, with its line",
        arguments: [
            ("", "no line"), ("\n \n", "no line"), ("\n[1]", "line 2"),
            ("{\"source\": \"a\"}", "line 1: expected 'source' and 'target', found source"),
            ("{\"source\": 1, \"target\": \"a\"}", "line 1, field 'source'"), ("{\"source\": \"a", "line 1, column"),
            ("{}", "no field"),
        ])
    func refused(text: String, place: String) throws {
        let error = #expect(throws: CatalogueError.self) { try read(text) }
        #expect(error?.description.contains(place) == true, "\(error?.description ?? "")")
    }

    @Test("formats are known by the ends of names, whatever their case")
    func formats() {
        #expect(
            CatalogueFormat.format(of: "zu/LC_MESSAGES/sw.MO") != nil && CatalogueFormat.format(of: "zu.jsonl") != nil)
        #expect(CatalogueFormat.format(of: "zu.pot") == nil && CatalogueFormat.format(of: "mo") == nil)
    }
}
