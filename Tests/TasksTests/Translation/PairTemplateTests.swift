import Tasks
import Testing

@Suite("Templates of prompts and answers") struct PairTemplateTests {
    private let pair: TranslationPair

    init() throws { pair = try TranslationPair(cleaning: "Hello { there", source: "Moni } kumeneko") }

    @Test("fields are replaced, once, and braces written twice are braces")
    func text() throws {
        let template = try PairTemplate("{{{language}: {source}}}\n{english}|")
        #expect(
            template.text(pair, language: "Chichewa {english}")
                == "{Chichewa {english}: \(pair.source)}\n\(pair.english)|")
        #expect(template.fields == [.language, .source, .english])
    }

    @Test(
        "other fields and lone braces are refused",
        arguments: ["{text}", "{source", "a } b", "{}", "{Source}", "{ source }"])
    func refused(text: String) { #expect(throws: PairTemplate.Problem.self) { try PairTemplate(text) } }
}
