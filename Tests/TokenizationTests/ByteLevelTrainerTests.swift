import Foundation
import Testing
import Tokenization

@Suite struct ByteLevelTrainerTests {
    private static let texts = Fixture.all.first { $0.name == "gpt2" }?.cases.map(\.text) ?? []

    private func train(_ options: ByteLevelTrainer.Options, _ texts: [String] = texts) throws -> SubwordTokenizer {
        var trainer = try ByteLevelTrainer(options)
        for text in texts { try trainer.add(text) }
        return try SubwordTokenizer(tokenizerJSON: trainer.train())
    }

    private func expectEqual(_ tokenizer: SubwordTokenizer, fixture name: String) throws {
        let expected = try SubwordTokenizer(tokenizerJSON: Fixture.json(name))
        #expect(tokenizer.vocabularyCount == expected.vocabularyCount)
        for id in 0..<Int32(expected.vocabularyCount) where tokenizer.text(of: id) != expected.text(of: id) {
            Issue.record("token \(id) is \(tokenizer.text(of: id) ?? []), expected \(expected.text(of: id) ?? [])")
            return
        }
        // Merges, normalizer and all the rest too.
        #expect(tokenizer.digest == expected.digest)
    }

    @Test func learnsWhatHuggingFaceLearns() throws {
        var options = ByteLevelTrainer.Options(vocabularySize: 600)
        options.controlTokens = ["<|endoftext|>", "<pad>"]
        try expectEqual(train(options), fixture: "trained")
    }

    @Test func honoursPatternDigitsFormAndFrequency() throws {
        var options = ByteLevelTrainer.Options(vocabularySize: 400)
        options.controlTokens = ["<|endoftext|>", "<pad>"]
        options.minimumFrequency = 3
        options.hasAllBytes = false
        options.pattern =
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        options.splitsDigits = true
        options.normalizes = true
        try expectEqual(train(options), fixture: "trained-qwen")
    }

    @Test func readsLinesAsHuggingFaceReadsFiles() throws {
        var options = ByteLevelTrainer.Options(vocabularySize: 310)
        options.controlTokens = ["<|endoftext|>", "<pad>"]
        options.minimumFrequency = 2
        options.pattern = WordPattern.llama3.expression
        let text = Array(try Data(contentsOf: Fixture.folder.appending(path: "lines.txt")))
        var trainer = try ByteLevelTrainer(options)
        try trainer.add(lines: text)
        try expectEqual(SubwordTokenizer(tokenizerJSON: trainer.train()), fixture: "trained-lines")
        // Words of several lines, such as blank ones, give other merges.
        var whole = try ByteLevelTrainer(options)
        try whole.add(text)
        #expect(whole.train() != trainer.train())
    }

    @Test func theOrderOfTextsDoesNotCount() throws {
        let options = ByteLevelTrainer.Options(vocabularySize: 500)
        #expect(try train(options).digest == train(options, Self.texts.reversed()).digest)
    }

    @Test func anEmptyCorpusGivesBytes() throws {
        let tokenizer = try train(ByteLevelTrainer.Options(vocabularySize: 1000), [])
        #expect(tokenizer.vocabularyCount == 256)
        #expect(try tokenizer.encode("é").map(\.end) == [1, 2])
    }

    @Test func tokensAndPatternsAreEscaped() throws {
        var options = ByteLevelTrainer.Options(vocabularySize: 300)
        options.controlTokens = ["\"quoted\" \\ \n\u{1}"]
        options.pattern = #"\\|"+"#
        let tokenizer = try train(options, [#"a\b"c""#])
        #expect(try tokenizer.encode("\"quoted\" \\ \n\u{1}", control: .parsed).map(\.id) == [0])
    }
}
