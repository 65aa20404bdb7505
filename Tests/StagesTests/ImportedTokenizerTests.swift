import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Testing
import Tokenization

/// Corpora and models with a tokenizer that was trained on texts, or that a model from outside brings.
@Suite("Tokenizers from outside in corpora and models") struct ImportedTokenizerTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")

    private static let data = """
          pairs: { uses: kv.pairs, with: { count: 12, held-in-share: 0.5, seed: 1 } }
          expressions:
            uses: kv.expressions
            in: { pairs: pairs }
            with: { fewest-operands: 2, most-operands: 3, training: 20, composition: 9, evaluation: 4, seed: 1 }
          examples: { uses: kv.task, in: { expressions: expressions.training }, with: { task: kv-subs } }
          tiny: { uses: model.import, in: { source: { folder: tiny } } }
          trained:
            uses: tokenizer.train
            in: { texts: { file: a.txt } }
            with: { vocabulary-size: 300, special-tokens: [END], eos: END }
          tiny-corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: tiny } }
          trained-corpus: { uses: corpus.tokenize, in: { datasets: examples, tokenizer: trained } }

        """
    private static let shape = "layers: 1, width: 16, heads: 2, steps: 2, batch: 2"

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
        try workshop.write("1+2=3 12+34=46 the cat sat on the mat\n", to: "a.txt")
    }

    @Test("a corpus and the models behind it keep the tokenizer, which they know by its digest")
    func trains() async throws {
        let result = try await workshop.run(
            Self.data + """
                  tiny-model: { uses: model.train, in: { corpus: tiny-corpus }, with: { \(Self.shape) } }
                  trained-model: { uses: model.train, in: { corpus: trained-corpus }, with: { \(Self.shape) } }
                  composed:
                    uses: model.compose
                    in: { anchor: trained-model, augmenting: trained-model, corpus: trained-corpus }
                    with: { connections: [[0, 0]], steps: 2, batch: 2 }
                  score: { uses: evaluate.exact-match, in: { model: composed, dataset: examples }, with: { limit: 2 } }

                """)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        let interface = try TextInterface(PretrainedModel.Checkpoint(Self.fixture.path))
        for (name, expected, end) in [("tiny", interface.tokenizer.digest, "<|im_end|>"), ("trained", nil, "END")] {
            let corpus = try workshop.workshop.artifact("\(name)-corpus", "corpus", of: result)
            let model = try workshop.workshop.artifact("\(name)-model", "model", of: result)
            let tokenizer = try StoredTokenizer(corpus, tasks: .builtIn).tokenizer
            if let expected { #expect(tokenizer.digest == expected) }
            #expect(corpus.manifest.metadata["tokenizer"] == .string(tokenizer.digest))
            #expect(try StoredTokenizer(model, tasks: .builtIn).tokenizer.digest == tokenizer.digest)
            #expect(tokenizer.end == tokenizer.id(of: end))
            let tokens = try TokenCorpus(safetensors: corpus.data("corpus.safetensors"))
            #expect(tokens.vocabulary == tokenizer.vocabularyCount && tokens.count == 20)
            let text = String(decoding: tokenizer.decode(tokens.tokens[tokens.range(0)]), as: UTF8.self)
            #expect(text.contains("="), "\(text)")
            #expect(tokens.tokens[tokens.range(0)].last == tokenizer.end)
        }
        let trained = try workshop.workshop.artifact("trained", "tokenizer", of: result)
        let corpus = try workshop.workshop.artifact("trained-corpus", "corpus", of: result)
        #expect(corpus.manifest.metadata["tokenizer"] == trained.manifest.metadata["tokenizer"])
    }

    @Test("a corpus of another tokenizer isn't accepted for validation")
    func others() async throws {
        let result = try await workshop.run(
            Self.data
                + "  model: { uses: model.train, in: { corpus: tiny-corpus, validation: trained-corpus }, with: { \(Self.shape) } }\n"
        )
        let failure = try #require(result.stages.first { $0.name == "model" }?.failure)
        #expect(failure.message.contains("have different tokenizers"), "\(failure.message)")
    }

    @Test("a corpus whose tokenizer isn't the one that made it is refused")
    func exchanged() async throws {
        let registry = StageRegistry(
            genericKinds(BuiltInTasks.self) + TaskRegistry.builtIn.kinds + [ExchangeStage.self])
        let text =
            "name: p\nstages:\n" + Self.data + """
                  exchanged: { uses: exchange, in: { corpus: tiny-corpus, tokenizer: trained } }
                  model: { uses: model.train, in: { corpus: exchanged }, with: { \(Self.shape) } }

                """
        let pipeline = try PipelineLoader().load(
            text: text, name: workshop.folder.appendingPathComponent("p.yaml").path, registry: registry)
        let result = await workshop.workshop.runner(registry: registry).run(pipeline)
        let failure = try #require(result.stages.first { $0.name == "model" }?.failure)
        #expect(failure.category == .badInput && failure.message.contains("was made with the tokenizer"), "\(failure)")
    }

    @Test("without a token that ends a text there is no corpus, and the message says so")
    func endless() async throws {
        let data = Self.data.replacingOccurrences(of: "special-tokens: [END], eos: END", with: "special-tokens: []")
        let failure = try #require(
            try await workshop.run(data).stages.first { $0.name == "trained-corpus" }?.failure)
        #expect(failure.message.contains("has no token that ends a text"), "\(failure.message)")
    }
}

/// `exchange`: a corpus with the tokenizer of another.
private enum ExchangeStage: StageKind {
    struct Parameters: StageParameters {
        static let fields: [ParameterField<Self>] = []
    }

    static let name = "exchange"
    static let version = 1
    static let summary = "A corpus with another tokenizer"

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [InputRole("corpus", [.tokenCorpus], "ids"), InputRole("tokenizer", [.tokenizer], "the other")]
    }
    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("corpus", .tokenCorpus, "both")]
    }
    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let corpus = try context.input("corpus")
        let tokenizer = try context.input("tokenizer")
        try context.write(
            "corpus", metadata: corpus.manifest.metadata,
            members: [
                ("corpus.safetensors", try corpus.data("corpus.safetensors")),
                ("tokenizer.json", try tokenizer.data("tokenizer.json")),
            ])
    }
}
