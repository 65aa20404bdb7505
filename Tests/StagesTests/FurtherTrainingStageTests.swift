import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Stages
import Synchronization
import Tasks
import Testing

/// `model.train` from a model that came from outside.
@Suite("Imported models trained further") struct FurtherTrainingStageTests {
    private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("CommandLineTests/Fixtures/tiny-chat")
    private static let data = """
          tiny: { uses: model.import, in: { source: { folder: tiny } } }
          texts: { uses: text.corpus, in: { texts: { file: a.txt } }, with: { documents: lines, validation: 0.2, test: 0 } }
          corpus: { uses: corpus.tokenize, in: { datasets: texts.train, tokenizer: tiny } }
          held-out: { uses: corpus.tokenize, in: { datasets: texts.validation, tokenizer: tiny } }

        """

    private let workshop: SourceWorkshop

    init() throws {
        workshop = try SourceWorkshop()
        try FileManager.default.copyItem(at: Self.fixture, to: workshop.folder.appendingPathComponent("tiny"))
        let lines = (0..<40).map { "town \($0) lies \($0 * 7 % 40) miles from the sea" }
        try workshop.write(lines.joined(separator: "\n"), to: "a.txt")
    }

    private func run(_ stages: String) async throws -> RunResult {
        let result = try await workshop.run(Self.data + stages)
        for stage in result.stages { #expect(stage.failure == nil, "\(stage.name): \(stage.failure?.message ?? "")") }
        return result
    }

    @Test("patience ends a training that no longer gets better, with the weights that did best; epochs count sequences")
    func patience() async throws {
        let result = try await run(
            """
              once: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { epochs: 1.5, batch: 8 } }
              long: &long
                uses: model.train
                in: { corpus: corpus, initial: tiny, validation: held-out }
                with: { steps: 200, batch: 8, learning-rate: 0.02, warmup: 2 }
              patient: { <<: *long, with: { steps: 200, batch: 8, learning-rate: 0.02, warmup: 2, patience: 2 } }

            """)
        let sequences = try #require(result.metrics("texts")["train.documents"])
        let tokens = try #require(result.metrics("corpus")["tokens"])
        let steps = (1.5 * sequences / 8).rounded(.up)
        let read = try #require(result.metrics("once")["trained-tokens"])
        #expect(abs(read / tokens - steps * 8 / sequences) < 0.05, "\(read) of \(tokens)")
        let (long, patient) = (result.metrics("long"), result.metrics("patient"))
        let best = try #require(patient["best-step"])
        #expect(long["best-step"] == nil && best > 1 && best < 200)
        #expect(patient["trained-tokens"]! < long["trained-tokens"]!)
        #expect(patient["validation-loss"]! < long["validation-loss"]!)
    }

    @Test("patience without a validation corpus is a mistake of the pipeline")
    func patienceWithoutValidation() async throws {
        let errors = await #expect(throws: PipelineDiagnostics.self) {
            try await workshop.run(
                Self.data + "  a: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { patience: 2 } }\n"
            )
        }
        #expect(errors?.diagnostics.contains { $0.description.contains("'patience'") } == true)
    }

    @Test("all of it or low-rank updates learn; without steps it is the model as it was")
    func learns() async throws {
        let rate = "steps: 30, batch: 8, learning-rate: 0.01, warmup: 2"
        let result = try await run(
            """
              all:
                uses: model.train
                in: { corpus: corpus, initial: tiny, validation: held-out }
                with: { \(rate), accumulate: 2, recompute: true }
              updates:
                uses: model.train
                in: { corpus: corpus, initial: tiny, validation: held-out }
                with: { \(rate), low-rank: 4, precision: bfloat16 }
              same: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { steps: 0 } }
              before: { uses: evaluate.perplexity, in: { model: tiny, dataset: texts.validation } }
              unchanged: { uses: evaluate.perplexity, in: { model: same, dataset: texts.validation } }
              after: { uses: evaluate.perplexity, in: { model: all, dataset: texts.validation } }
              adapted: { uses: evaluate.perplexity, in: { model: updates, dataset: texts.validation } }

            """)
        func bits(_ stage: String) throws -> Double { try #require(result.metrics(stage)["bits-per-byte"]) }
        #expect(abs(try bits("unchanged") - bits("before")) < 1e-5)
        #expect(try bits("after") < 0.8 * bits("before"))
        #expect(try bits("adapted") < 0.97 * bits("before"))
        let whole = try #require(result.metrics("all")["trained-parameters"])
        #expect(whole == result.metrics("all")["parameters"])
        #expect(try #require(result.metrics("updates")["trained-parameters"]) < whole)
        #expect(result.metrics("updates")["parameters"] == whole)
    }

    @Test("a model that was trained further continues chats, scores and is measured like one from outside")
    func stages() async throws {
        try workshop.write(#"{"prompt": "a town"}"# + "\n", to: "p.jsonl")
        func uses(_ model: String) -> String {
            """
              g-\(model): { uses: model.generate, in: { model: \(model), prompts: { file: p.jsonl } }, with: { chat: true, tokens: 5 } }
              s-\(model): { uses: model.score, in: { model: \(model), texts: { file: a.txt } }, with: { format: lines } }
              p-\(model): { uses: model.perplexity, in: { model: \(model), text: { file: a.txt } } }

            """
        }
        let result = try await run(
            """
              same: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { steps: 0 } }
              both: { uses: model.compose, in: { corpus: corpus, anchor: same, augmenting: same }, with: { steps: 0, connections: [[0, 0]] } }

            """ + ["tiny", "same", "both"].map(uses).joined())
        for stage in ["g", "s", "p"] {
            let own = try #require(result.stages.first { $0.name == "\(stage)-tiny" }?.outputs)
            #expect(!own.isEmpty)
            for model in ["same", "both"] {
                #expect(result.stages.first { $0.name == "\(stage)-\(model)" }?.outputs == own, "\(stage) \(model)")
            }
        }
    }

    @Test("recomputation isn't in the key and changes nothing; pieces are")
    func keys() async throws {
        let shape = "steps: 2, batch: 16"
        func digest(_ more: String) async throws -> (model: Digest, isCached: Bool) {
            let result = try await run(
                "  m: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { \(shape)\(more) } }\n")
            let stage = try #require(result.stages.first { $0.name == "m" })
            return (try #require(stage.outputs["model"]), stage.state == .cached)
        }
        let plain = try await digest("")
        let anew = try await digest(", recompute: true")
        #expect(anew == plain || (anew.model == plain.model && anew.isCached))
        let pieces = try await digest(", accumulate: 2")
        #expect(!pieces.isCached && pieces.model != plain.model)
        let one = try await digest(", accumulate: 1")
        #expect(!one.isCached && one.model == plain.model)
    }

    @Test("a corpus of another tokenizer is refused, with the way out")
    func others() async throws {
        let result = try await workshop.run(
            Self.data + """
                  other: { uses: tokenizer.train, in: { texts: texts.train }, with: { vocabulary-size: 300, special-tokens: [END], eos: END } }
                  foreign: { uses: corpus.tokenize, in: { datasets: texts.train, tokenizer: other } }
                  m: { uses: model.train, in: { corpus: foreign, initial: tiny }, with: { steps: 1 } }

                """)
        let failure = try #require(result.stages.first { $0.name == "m" }?.failure)
        #expect(failure.category == .badInput && failure.message.contains("different tokenizers"), "\(failure)")
    }

    @Test(
        "nothing is kept of a model whose files change while it is trained from them", arguments: ["", ", low-rank: 2"])
    func changedFile(more: String) async throws {
        let imported = try await run("")
        let digest = try #require(imported.stages.first { $0.name == "tiny" }?.outputs["model"])
        let file = workshop.store.root.appendingPathComponent("materialized/\(digest.hex)/model.safetensors").path
        let stages =
            "  m: { uses: model.train, in: { corpus: corpus, initial: tiny }, with: { steps: 40, batch: 8\(more) } }\n"
        let hasChanged = Mutex(false)
        let result = try await workshop.run(Self.data + stages) { event in
            guard case .progress("m", _) = event else { return }
            hasChanged.withLock { hasChanged in
                if hasChanged { return }
                // The bytes stay as they are, but whoever mapped the file can't know.
                hasChanged = utimes(file, nil) == 0
            }
        }
        #expect(hasChanged.withLock { $0 })
        let stage = try #require(result.stages.first { $0.name == "m" })
        let failure = try #require(stage.failure)
        #expect(failure.category == .badInput && failure.message.contains("changed while it was in use"), "\(failure)")
        #expect(failure.message.contains("model.safetensors") && stage.outputs.isEmpty, "\(failure)")
        // Where nothing changes, it is trained and kept.
        let again = try await run(stages)
        #expect(again.stages.first { $0.name == "m" }?.state == .executed)
    }
}
