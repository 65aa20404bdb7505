import ArgumentParser
import Artifacts
import Foundation
import Pipelines

struct ComposeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose",
        abstract: "Join models that you have, train what joins them, and measure it on held-out data.",
        discussion: """
            Writes a small pipeline into the store and runs it: the models are imported, the data is split, the composition is
            trained, and the models alone and the composition are measured on the part that was held out. The models may
            be of different families and have different tokenizers.

            EXAMPLES
              calm compose --anchor ./Qwen2.5-Coder-0.5B.gguf --augmenting ./my-smollm2 --data pairs.jsonl --out composed
              calm compose --anchor ./a.gguf --augmenting ./b --data notes.txt --steps 200 --connections 11:15,17:21
              calm compose --anchor ./a.gguf --augmenting ./b --data pairs.jsonl --print > pipelines/composed.yaml
            """)

    @Option(
        help: ArgumentHelp(
            "The model that is extended and gives the answers (m_B): a .gguf file or a folder.", valueName: "model"),
        completion: .file())
    var anchor: String

    @Option(
        help: ArgumentHelp(
            "A model whose knowledge it gets (m_A): a .gguf file or a folder; may be given several times.",
            valueName: "model"), completion: .file())
    var augmenting: [String] = []

    @Option(
        help: ArgumentHelp(
            "What the composition learns from: JSONL with 'prompt' and 'answer', with 'messages' of a chat, or with 'text'; or a text file, whose paragraphs are documents. May be given several times.",
            valueName: "file"), completion: .file())
    var data: [String] = []

    @Option(help: ArgumentHelp("What the composition is called.", valueName: "name"))
    var out = "composed"

    @Option(
        help:
            "every-4th, every-nth:N, uniform:N, middle:N, last:N, or pairs of blocks from 0, augmenting:anchor, such as 14:11,19:15."
    )
    var connections = "every-4th"

    @Option(
        help:
            "Positions that the connections act at: everywhere, or after-prompt, from a prompt's last token on (default: after-prompt for prompts and answers, everywhere for texts)."
    )
    var acts: Acting?

    enum Acting: String, CaseIterable, ExpressibleByArgument {
        case everywhere
        case afterPrompt = "after-prompt"
    }

    @Option(
        name: .customLong("anchor-prefix"),
        help: ArgumentHelp(
            "Text that the anchor alone reads before every other, such as a few examples of the task.",
            valueName: "text"))
    var anchorPrefix: String?

    @Option(help: "Optimizer steps (default: once through the data, 20 to 400); 0 joins the models untrained.")
    var steps: Int?

    @Option(help: "Sequences a step.")
    var batch = 16

    @Option(name: .customLong("learning-rate"), help: "AdamW's learning rate at its highest.")
    var learningRate = 1e-3

    @Option(name: .customLong("held-out"), help: "Share of the data that is only measured on.")
    var heldOut = 0.1

    @Option(help: "Seed of splits, initial weights and data order.")
    var seed = 0

    @Flag(help: "Print the pipeline and run nothing.")
    var print = false

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    @OptionGroup var store: StoreOptions

    func validate() throws {
        if augmenting.isEmpty { throw ValidationError("--augmenting: name at least one model") }
        if data.isEmpty { throw ValidationError("--data: name at least one file") }
        if let steps, steps < 0 { throw ValidationError("--steps takes 0 or more, found \(steps)") }
        if batch < 1 { throw ValidationError("--batch takes at least 1, found \(batch)") }
        if seed < 0 { throw ValidationError("--seed takes 0 or more, found \(seed)") }
        if !(heldOut > 0 && heldOut < 0.9) {
            throw ValidationError("--held-out takes a share from 0 to 0.9, found \(heldOut)")
        }
        if !(learningRate > 0 && learningRate <= 10) {
            throw ValidationError("--learning-rate takes a number from 0 to 10, found \(learningRate)")
        }
        _ = try Self.connections(connections)
    }

    func run() async throws {
        let plan = try CompositionPlan(self)
        if print { return try output(raw: Data(plan.pipeline.utf8)) }
        let store: Store
        do {
            store = try self.store.openOrCreate()
        } catch let error as StoreError {
            throw CommandFailure("error: \(error)", exitCode: Pipelines.ExitCode.store)
        }
        let file = store.compositions.appendingPathComponent("\(out).yaml")
        do {
            try FileManager.default.createDirectory(at: store.compositions, withIntermediateDirectories: true)
            try WholeFile.write(Data(plan.pipeline.utf8), to: file)
        } catch {
            throw CommandFailure(
                "error: the pipeline can't be written to \(file.path): \(error)", exitCode: Pipelines.ExitCode.store)
        }
        let arguments = [file.path, "--store", store.root.path] + (json ? ["--json"] : [])
        try await RunCommand.parse(arguments).run()
    }

    /// `connections` as the stage kind's parameter, in YAML.
    static func connections(_ text: String) throws -> String {
        func problem() -> ValidationError {
            ValidationError(
                "--connections: found '\(text)', expected every-4th, every-nth:N, uniform:N, middle:N, last:N, or pairs of blocks such as 14:11,19:15"
            )
        }
        if text == "every-4th" { return text }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, ["every-nth", "uniform", "middle", "last"].contains(parts[0]) {
            guard let count = Int(parts[1]), count > 0 else { throw problem() }
            return "{ \(parts[0]): \(count) }"
        }
        let pairs = try text.split(separator: ",", omittingEmptySubsequences: false).map { pair in
            let ends = pair.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard ends.count == 2, let augmenting = ends[0], let anchor = ends[1], augmenting >= 0, anchor >= 0 else {
                throw problem()
            }
            return "[\(augmenting), \(anchor)]"
        }
        return "[\(pairs.joined(separator: ", "))]"
    }
}
