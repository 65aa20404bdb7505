import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Stages

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Run cached stages again in a scratch store; compare digests and metrics: does the cache tell the truth?",
        discussion: """
            Nothing of the store is changed or trusted but the inputs. Exits 0 if every stage gave what is recorded, 1 if
            one gave something else, failed, or can't be compared (not cached, or made with another numeric profile).
            `calm store verify` is the other check: whether the stored bytes are whole.

            Without a pipeline's file it is that of the latest run with these stages, and with that run's parameters.

            EXAMPLES
              calm verify composed
              calm verify --all pipelines/kv-arithmetic.yaml
            """)

    @Argument(
        help: "The stages, and the pipeline's YAML file, in any order.",
        completion: .custom { Completion.stages($0, $1, $2) + Completion.pipelines($0, $1, $2) })
    var words: [String] = []

    @Option(name: .customLong("set"), help: "Another value for a parameter: params.NAME=VALUE.")
    var settings: [String] = []

    @OptionGroup var store: StoreOptions

    @Flag(help: "Every stage of the pipeline.")
    var all = false

    @Flag(help: "Write one JSON document to standard output.")
    var json = false

    func validate() throws {
        if all == !stages.isEmpty { throw ValidationError("name the stages to run again, or give --all") }
        for setting in settings where !setting.contains("=") {
            throw ValidationError("--set takes params.NAME=VALUE, found '\(setting)'")
        }
    }

    /// The first word that is a file, or is called like one; with `--all` also a pipeline's name.
    private var fileWord: String? {
        words.first { word in
            word.hasSuffix(".yaml") || word.hasSuffix(".yml") || FileManager.default.fileExists(atPath: word)
        } ?? (all ? words.first { PipelineFile.find($0) != nil } : nil)
    }

    private var file: String? { fileWord.map { PipelineFile.find($0) ?? $0 } }

    private var stages: [String] { words.filter { $0 != fileWord } }

    /// The pipeline that was named, or that of the latest run with these stages, as that run had it.
    private func pipeline(_ store: Store, _ catalogue: Catalogue) throws -> ResolvedPipeline {
        let settings = PipelineOptions.overrides(settings)
        if let file { return try PipelineOptions.load(file, stages, settings) }
        let run = try stages.first.flatMap { try catalogue.latestRun(ofStage: $0) } ?? Reference.latest(in: catalogue)
        guard let file = Self.file(of: run, in: store) else {
            throw CommandFailure.notFound(
                "run \(run.id) was of \(run.file), which isn't there: name the pipeline's file")
        }
        var overrides: [String: String] = [:]
        for (name, value) in run.parameters.members ?? [:] {
            overrides["params.\(name)"] = value.text ?? value.canonical
        }
        return try PipelineOptions.load(file, stages, overrides.merging(settings) { $1 })
    }

    /// A run's pipeline file, wherever in the project one stands.
    private static func file(of run: RunRow, in store: Store) -> String? {
        var places = [run.file]
        if let checkout = run.checkout?.description(in: store) {
            let name = URL(fileURLWithPath: run.file).lastPathComponent
            places += [
                "\(checkout)/\(run.file)", "\(checkout)/\(ProjectFolder.pipelines)/\(name)", "\(checkout)/\(name)",
            ]
        }
        return places.first { FileManager.default.fileExists(atPath: $0) }
    }

    func run() async throws {
        let names = all ? nil : StageNames(Set(stages))
        let store = try (file.map { self.store.of(pipeline: $0) } ?? self.store).open()
        let catalogue = try Catalogue(store: store)
        let pipeline = try pipeline(store, catalogue)
        let runner = Runner(store: store, catalogue: catalogue)
        let audit = Audit(store: store, environment: numericEnvironment(of:))
        let verdicts = try await audit.run(pipeline, runner, only: names) { stage, verdict in
            if !json { try output("\(stage): \(verdict.text)") }
        }
        let good = verdicts.count { $0.verdict == .same }
        if json {
            let stages = verdicts.map {
                JSONValue.object([
                    "name": .string($0.stage), "verdict": .string($0.verdict.word), "message": .string($0.verdict.text),
                ])
            }
            try output(json: .object(["stages": .array(stages), "exit": .int(good == verdicts.count ? 0 : 1)]))
        } else {
            try output("\(good) of \(verdicts.count) came out as recorded")
        }
        if good != verdicts.count { throw CommandFailure("", exitCode: 1) }
    }
}
