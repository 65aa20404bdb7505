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

            EXAMPLES
              calm verify pipelines/kv-arithmetic.yaml composed
              calm verify pipelines/kv-arithmetic.yaml --all
            """)

    @OptionGroup var pipeline: PipelineOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Every stage of the pipeline.")
    var all = false

    @Flag(help: "Write one JSON document to standard output.")
    var json = false

    func validate() throws {
        if all == !pipeline.stages.isEmpty { throw ValidationError("name the stages to run again, or give --all") }
    }

    func run() async throws {
        let names = all ? nil : StageNames(Set(pipeline.stages))
        let pipeline = try pipeline.load()
        let store = try store.open()
        let runner = Runner(store: store, catalogue: try Catalogue(store: store))
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
