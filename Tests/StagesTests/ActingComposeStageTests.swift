import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Testing

/// `model.compose` with `acts: after-prompt`: over prompts and answers, over chats, and over prompts of the augmenting models' own.
@Suite("Compositions that act after a prompt") struct ActingComposeStageTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")

    private static let data = """
          tiny: { uses: model.import, in: { source: { folder: tiny } } }
          words:
            uses: tokenizer.train
            in: { texts: { file: a.txt } }
            with: { vocabulary-size: 300, special-tokens: [END], eos: END }
          words-corpus: { uses: corpus.tokenize, in: { datasets: { file: a.txt }, tokenizer: words }, with: { longest: 24 } }
          memory: { uses: model.train, in: { corpus: words-corpus }, with: { layers: 2, width: 16, heads: 2, steps: 2, batch: 2 } }
          text-corpus: { uses: corpus.tokenize, in: { datasets: { file: a.txt }, tokenizer: tiny }, with: { longest: 24 } }

        """

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
        try workshop.write("1+2=3 the cat sat on the mat\n\nand then the café's dog didn't, 7 times.\n", to: "a.txt")
        func lines(_ line: (Int) -> String) -> String { (0..<12).map { line($0) + "\n" }.joined() }
        try workshop.write(
            lines { "{\"prompt\": \"what is \($0)? \", \"answer\": \"the \($0 * 3)\"}" }, to: "pairs.jsonl")
        try workshop.write(
            lines {
                "{\"prompt\": \"what is \($0)? \", \"answer\": \"the \($0 * 3)\", \"augmenting-prompt\": \"dog \($0 + 1)\"}"
            }, to: "others.jsonl")
        try workshop.write(
            lines {
                "{\"messages\": [{\"role\": \"user\", \"content\": \"what is \($0)?\"}, {\"role\": \"assistant\", \"content\": \"the \($0 * 3)\"}]}"
            }, to: "chats.jsonl")
    }

    private func examples(_ name: String) -> String {
        """
          \(name)-data: { uses: text.examples, in: { examples: { file: \(name).jsonl } }, with: { validation: 0, test: 0 } }
          \(name)-corpus: { uses: corpus.tokenize, in: { datasets: \(name)-data.train, tokenizer: tiny } }

        """
    }

    private func composed(_ name: String, _ with: String, corpus: String) -> String {
        "  \(name): { uses: model.compose, in: { anchor: tiny, augmenting: memory, corpus: \(corpus)-corpus }, with: { connections: [[1, 0]], heads: 2, batch: 4, steps: 6, learning-rate: 0.01, output-start: normal, \(with) } }\n"
    }

    private func measured(_ model: String, _ data: String, _ with: String = "") -> String {
        """
          \(model)-\(data)-bits: { uses: evaluate.perplexity, in: { model: \(model), dataset: \(data)-data.train }, with: { \(with) } }
          \(model)-\(data)-answers: { uses: evaluate.exact-match, in: { model: \(model), dataset: \(data)-data.train }, with: { \(with) } }

        """
    }

    @Test(
        "answers are learned and measured behind prompts, texts are the anchor's, and stored activations change nothing"
    )
    func answers() async throws {
        let result = try await workshop.run(
            Self.data + examples("pairs") + examples("others")
                + composed("joined", "acts: after-prompt", corpus: "pairs")
                + composed("stored", "acts: after-prompt, frozen-activations: always", corpus: "pairs")
                + composed("prefixed", "acts: after-prompt, anchor-prefix: 'the cat'", corpus: "pairs")
                + composed("encoder", "acts: after-prompt, mask: prompt", corpus: "pairs")
                + composed("misled", "acts: after-prompt", corpus: "others")
                + ["tiny", "joined", "stored", "prefixed", "encoder"].map { measured($0, "pairs") }.joined()
                + measured("misled", "others") + measured("joined", "others")
                + ["tiny", "joined"].map {
                    "  \($0)-text: { uses: evaluate.perplexity, in: { model: \($0), dataset: { file: a.txt } }, with: { context: 24 } }\n"
                }.joined())
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        func bits(_ name: String) throws -> Double { try #require(result.metrics("\(name)-bits")["bits-per-byte"]) }
        let names = ["tiny-pairs", "joined-pairs", "prefixed-pairs", "encoder-pairs", "misled-others", "joined-others"]
        #expect(try Set(names.map(bits)).count == names.count)
        #expect(try abs(bits("stored-pairs") - bits("joined-pairs")) < 1e-5)
        #expect(
            try #require(result.metrics("joined-text")["bits-per-byte"])
                == #require(result.metrics("tiny-text")["bits-per-byte"]), "no prompt, no composition")
        #expect(result.metrics("misled-others-answers")["count"] == 12)
    }

    @Test("each model reads a chat in the words of its own template")
    func chats() async throws {
        let result = try await workshop.run(
            Self.data + examples("chats") + composed("joined", "acts: after-prompt", corpus: "chats")
                + measured("joined", "chats") + measured("tiny", "chats"))
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        let corpus = try TokenCorpus(
            safetensors: workshop.workshop.artifact("chats-corpus", "corpus", of: result).data("corpus.safetensors"))
        let tiny = try TextModel(path: workshop.folder.appendingPathComponent("tiny").path)
        let text = corpus.tokens[corpus.range(0)].map { tiny.text.tokenizer.text(of: $0) }.joined()
        #expect(text == "<|im_start|>user\nwhat is 0?<|im_end|>\n<|im_start|>assistant\nthe 0<|im_end|>")
        let unscored = corpus.unscoredCount(0)
        #expect(
            corpus.tokens[corpus.range(0)].prefix(unscored).map { tiny.text.tokenizer.text(of: $0) }.joined()
                == "<|im_start|>user\nwhat is 0?<|im_end|>\n<|im_start|>assistant\n")

        // A chat is generated from as it is trained on: the other model, which has no template, reads what it says.
        let opened = try TextModel(
            stored: workshop.workshop.artifact("joined", "composition", of: result), tasks: .builtIn)
        var reading = PromptReading()
        reading.isChat = true
        let prompt = try reading.prompt(of: "what is 4?", opened.text)
        let words = try #require(opened.text.augmenting.first)
        #expect(try prompt.own == [words.ownPrompt("what is 4?\n")])
        var settings = GenerationSettings()
        settings.tokens = 3
        let generation = TextGeneration(opened, settings)
        let answer = try generation.run([prompt], numbers: [0]).results[0]
        let bare = try generation.run([TextPrompt(prompt.ids)], numbers: [0]).results[0]
        #expect(answer.ids.count == 3 && bare.ids.count == 3)
        #expect(throws: TextRequestError.self) {
            try generation.run([prompt, TextPrompt(prompt.ids, own: [[1]])], numbers: [0, 1])
        }
    }

    @Test("what can't act after a prompt is refused, with a way out")
    func refused() async throws {
        func message(_ stages: String) async throws -> String {
            let result = try await workshop.run(Self.data + stages)
            return try #require(result.stages.compactMap(\.failure).first).message
        }
        #expect(
            try await message(composed("c", "acts: after-prompt", corpus: "text")).contains("texts without prompts"))
        #expect(
            try await message(examples("others") + composed("c", "seed: 2", corpus: "others")).contains(
                "acts: after-prompt"))
        #expect(
            try await message(examples("chats") + composed("c", "seed: 2", corpus: "chats")).contains(
                "acts: after-prompt"))
        try workshop.write("{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n", to: "chats.jsonl")
        #expect(try await message(examples("chats")).contains("last an assistant's"))
    }

    @Test("a model with random weights has the shape of another and none of its knowledge")
    func random() async throws {
        let result = try await workshop.run(
            Self.data + examples("pairs")
                + "  random: { uses: model.train, in: { initial: tiny, corpus: text-corpus }, with: { starting-weights: random, steps: 0 } }\n"
                + "  same: { uses: model.train, in: { initial: tiny, corpus: text-corpus }, with: { steps: 0 } }\n"
                + ["tiny", "random", "same"].map { measured($0, "pairs") }.joined())
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        func bits(_ name: String) throws -> Double {
            try #require(result.metrics("\(name)-pairs-bits")["bits-per-byte"])
        }
        #expect(try bits("same") == bits("tiny"))
        #expect(try bits("random") != bits("tiny"))
        #expect(result.metrics("random")["parameters"] == result.metrics("same")["parameters"])
        let errors = await #expect(throws: PipelineDiagnostics.self) {
            try await workshop.run(
                Self.data
                    + "  random: { uses: model.train, in: { corpus: text-corpus }, with: { starting-weights: random } }\n"
            )
        }
        #expect(errors?.diagnostics.contains { $0.description.contains("'starting-weights'") } == true)
    }

    @Test("nothing is keyed of where connections act unless it is said")
    func unkeyed() throws {
        #expect(ComposeStage.Parameters().canonical["acts"] == nil)
        let parameters = ComposeStage.Parameters(canonical: ["acts": .string("after-prompt")])
        #expect(parameters.canonical["acts"] == .string("after-prompt"))
        #expect(TrainStage.Parameters().canonical["starting-weights"] == nil)
    }
}
