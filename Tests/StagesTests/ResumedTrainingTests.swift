import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Tensors
import Testing

@Suite("Trainings that were interrupted") struct ResumedTrainingTests {
    private static let steps = 12
    private static let training: [String: JSONValue] = [
        "layers": .int(2), "width": .int(16), "heads": .int(2), "steps": .int(steps), "batch": .int(8),
        "warmup": .int(2), "average": .double(0.9), "seed": .int(4),
    ]

    private static let pipeline =
        TinyPipeline.data + """
              model:
                uses: model.train
                in: { corpus: numeric-corpus }
                with: \(JSONValue.object(training).canonical)

            """

    /// Where an interrupted training would have left its checkpoint: `model` isn't run, its corpus is.
    private func checkpointFile(_ workshop: StageWorkshop) async throws -> (file: URL, corpus: Artifact) {
        let data = try await workshop.run(TinyPipeline.data)
        let whole = try PipelineLoader().load(text: Self.pipeline, registry: .builtIn)
        let planned = try #require(try workshop.runner().plan(whole).first { $0.name == "model" })
        let folder = workshop.store.checkpoints.appendingPathComponent(try #require(planned.key).digest.hex)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return (
            folder.appendingPathComponent("training.safetensors"),
            try workshop.artifact("numeric-corpus", "corpus", of: data)
        )
    }

    /// A trainer as the stage `model` makes it, some of its steps taken; `change` makes it another one.
    private func interrupted(
        _ corpus: Artifact, after steps: Int, change: (inout [String: JSONValue]) -> Void = { _ in }
    ) throws -> (state: Data, losses: [Double]) {
        var values = Self.training
        change(&values)
        let parameters = TrainStage.Parameters(canonical: values)
        let tokenizer = try StoredTokenizer(corpus, tasks: .builtIn).tokenizer
        let tokens = try TokenCorpus(safetensors: try corpus.data(CorpusStage.member))
        let model = try Decoder(
            parameters.configuration(vocabulary: tokens.vocabulary, generated: tokenizer.generatedCount),
            seed: UInt64(4))
        let trainer = try Trainer(
            model, corpus: tokens, options: parameters.training.options(sequences: tokens.count), threads: 1)
        let losses = try (0..<steps).map { _ in try trainer.step().loss }
        return (trainer.state(), losses)
    }

    private func log(_ result: RunResult) throws -> String {
        let stage = try #require(result.stages.first { $0.name == "model" })
        return try String(contentsOf: try #require(stage.log), encoding: .utf8)
    }

    private func uninterrupted() async throws -> [String: Digest] {
        try await StageWorkshop().run(Self.pipeline).outputs
    }

    @Test("they end with the bytes of an uninterrupted one, and leave no checkpoint", arguments: [1, 7, steps])
    func resumed(after steps: Int) async throws {
        let workshop = try StageWorkshop()
        let (file, corpus) = try await checkpointFile(workshop)
        let (state, losses) = try interrupted(corpus, after: steps)
        try TrainingCheckpoint(
            file: file, profile: try NumericProfile.current().description, store: workshop.store
        )
        .write(state: [state], losses: losses)
        let result = try await workshop.run(Self.pipeline)
        #expect(try log(result).contains("resumed from step \(steps) of \(Self.steps)"))
        #expect(result.outputs == (try await uninterrupted()))
        #expect(!FileManager.default.fileExists(atPath: file.deletingLastPathComponent().path))
    }

    @Test(
        "a checkpoint of another model or of a longer training is ignored with a line in the log",
        arguments: ["width", "layers", "steps", "average"])
    func foreign(parameter: String) async throws {
        let workshop = try StageWorkshop()
        let (file, corpus) = try await checkpointFile(workshop)
        let (state, losses) = try interrupted(corpus, after: parameter == "steps" ? 13 : 5) { values in
            switch parameter {
            case "average": values["average"] = .double(0)
            case "layers": values["layers"] = .int(3)
            default: values[parameter] = .int(32)
            }
        }
        try TrainingCheckpoint(
            file: file, profile: try NumericProfile.current().description, store: workshop.store
        )
        .write(state: [state], losses: losses)
        let result = try await workshop.run(Self.pipeline)
        #expect(try log(result).contains("training starts anew"))
        #expect(result.outputs == (try await uninterrupted()))
    }

    @Test("a checkpoint whose losses aren't those of its steps is ignored")
    func lossesMissing() async throws {
        let workshop = try StageWorkshop()
        let (file, corpus) = try await checkpointFile(workshop)
        let (state, losses) = try interrupted(corpus, after: 5)
        try TrainingCheckpoint(
            file: file, profile: try NumericProfile.current().description, store: workshop.store
        )
        .write(state: [state], losses: losses.dropLast())
        let result = try await workshop.run(Self.pipeline)
        #expect(result.outputs == (try await uninterrupted()))
    }

    @Test("a damaged checkpoint is ignored with a line in the log")
    func damaged() async throws {
        let workshop = try StageWorkshop()
        let (file, _) = try await checkpointFile(workshop)
        try Data("no checkpoint".utf8).write(to: file)
        let result = try await workshop.run(Self.pipeline)
        #expect(try log(result).contains("the checkpoint is damaged: training starts anew"))
        #expect(result.outputs == (try await uninterrupted()))
    }
}
