import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Testing

/// `model.compose` over a model from outside and one of another tokenizer, and what evaluates such a composition.
@Suite("Compositions across tokenizers") struct AlignedComposeStageTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")

    private static let data = """
          tiny: { uses: model.import, in: { source: { folder: tiny } } }
          words:
            uses: tokenizer.train
            in: { texts: { file: a.txt } }
            with: { vocabulary-size: 300, special-tokens: [END], eos: END }
          words-corpus: { uses: corpus.tokenize, in: { datasets: { file: a.txt }, tokenizer: words }, with: { longest: 24 } }
          corpus: { uses: corpus.tokenize, in: { datasets: { file: a.txt }, tokenizer: tiny }, with: { longest: 24 } }
          memory: { uses: model.train, in: { corpus: words-corpus }, with: { layers: 2, width: 16, heads: 2, steps: 2, batch: 2 } }

        """

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
        try workshop.write(
            "1+2=3 12+34=46 the cat sat on the mat\n\nand then the café's dog didn't, 7 times.\n\nthe end of it\n",
            to: "a.txt")
    }

    private func composed(_ name: String, _ with: String, augmenting: String = "memory", corpus: String = "corpus")
        -> String
    {
        "  \(name): { uses: model.compose, in: { anchor: tiny, augmenting: \(augmenting), corpus: \(corpus) }, with: { connections: [[1, 0]], heads: 2, batch: 2, \(with) } }\n"
    }

    private func perplexity(_ name: String, _ model: String) -> String {
        "  \(name): { uses: evaluate.perplexity, in: { model: \(model), dataset: { file: a.txt } }, with: { context: 24 } }\n"
    }

    @Test("untrained it predicts as its anchor does, to the last bit; trained it reads what the other model reads")
    func trains() async throws {
        let result = try await workshop.run(
            Self.data + composed("joined", "steps: 0") + composed("trained", "steps: 4, output-start: normal")
                + composed("hidden", "steps: 4, output-start: normal, open-chunk: hidden")
                + composed("stored", "steps: 4, output-start: normal, frozen-activations: always")
                + composed(
                    "prefixed", "steps: 4, output-start: normal, anchor-prefix: 'the cat', frozen-activations: always")
                + composed("twice", "steps: 2", augmenting: "[memory, tiny]")
                + ["tiny", "joined", "trained", "hidden", "stored", "prefixed", "twice"].map {
                    perplexity("\($0)-score", $0)
                }
                .joined())
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        func bits(_ name: String) throws -> Double { try #require(result.metrics("\(name)-score")["bits-per-byte"]) }
        #expect(try bits("joined") == bits("tiny"))
        #expect(try Set([bits("tiny"), bits("trained"), bits("hidden"), bits("prefixed")]).count == 4)
        #expect(try abs(bits("stored") - bits("trained")) < 1e-5)
        #expect(try #require(result.metrics("trained")["alignment.0.tokens-per-token"]) > 0.2)
        #expect(try #require(result.metrics("trained")["alignment.0.branched"]) > 0)
        #expect(result.metrics("hidden")["alignment.0.branched"] == 0)
        #expect(result.metrics("twice").keys.count { $0.hasPrefix("alignment.") } == 2)
        let artifact = try workshop.workshop.artifact("twice", "composition", of: result)
        let stored = try StoredComposition(artifact, tasks: .builtIn)
        #expect(stored.model.alignments.map { $0 == nil } == [false, true], "the anchor's own tokenizer needs none")
        #expect(stored.configuration.composition.openChunk == .provisional)
        let opened = try TextModel(stored: artifact, tasks: .builtIn)
        #expect(opened.text.chatTemplate != nil && opened.contextLength != nil, "those of the anchor")
    }

    @Test("what can't be joined is refused, with a way out")
    func refused() async throws {
        func message(_ stage: String) async throws -> String {
            let result = try await workshop.run(Self.data + stage)
            return try #require(result.stages.compactMap(\.failure).first).message
        }
        #expect(
            try await message(composed("c", "steps: 1, mask: prompt")).contains("needs models that share one tokenizer")
        )
        #expect(
            try await message(composed("c", "steps: 1", corpus: "words-corpus"))
                .contains("tokenize the corpus with the anchor's"))
    }

    @Test("nothing is keyed of how open words are read unless it is said")
    func unkeyed() throws {
        var parameters = ComposeStage.Parameters()
        #expect(parameters.canonical["open-chunk"] == nil)
        parameters = ComposeStage.Parameters(canonical: ["open-chunk": .string("hidden")])
        #expect(parameters.canonical["open-chunk"] == .string("hidden"))
    }
}
