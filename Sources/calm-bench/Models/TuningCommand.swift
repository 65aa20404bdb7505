import ArgumentParser
import Foundation
import Tensors

struct TuningCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tuning",
        abstract: "Measure the further training of a real model beside PyTorch, in one run.",
        discussion: """
            Everyone trains all weights of the same model on the same 4 sequences of 256 tokens, a step each in turns, with the
            same AdamW and threads: calm, and PyTorch eager and compiled, of which the faster counts. The first two steps aren't
            counted. On a machine with other work, compare tokens a processor second with --threads 1. PyTorch in bfloat16 is
            under autocast.

            EXAMPLES
              calm-bench tuning --python venv/bin/python SmolLM2-135M-Instruct.Q4_1.gguf
              calm-bench tuning --threads 1 --steps 6 --precision bfloat16 --json folder-with-config.json/
            """)

    @Argument(help: "A .gguf file or a folder with config.json.")
    var model: String

    @Option(help: "A Python interpreter that has PyTorch and transformers.")
    var python = "python3"

    @Option(help: "Threads of everyone.")
    var threads = 2

    @Option(help: "Steps of everyone.")
    var steps = 20

    @Option(help: "float32 or bfloat16.")
    var precision = Precision.float32

    @Option(help: "Pieces of a batch that calm differentiates one after the other.")
    var accumulate = 2

    @Flag(help: "Let calm compute activations within blocks anew in the backward pass.")
    var recompute = false

    @Flag(help: "Leave out torch.compile, which takes minutes to start.")
    var eager = false

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    func validate() throws {
        guard threads >= 1, accumulate >= 1 else { throw ValidationError("--threads and --accumulate take at least 1") }
        guard steps >= 3 else { throw ValidationError("--steps takes at least 3, found \(steps)") }
        guard precision != .frozenBFloat16 else { throw ValidationError("no weight is frozen: float32 or bfloat16") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let contest = TuningContest(
            path: model, python: python, threads: threads, steps: steps, precision: precision, accumulation: accumulate,
            recomputes: recompute, compiles: !eager)
        try report(try contest.result { say($0, json: json) }, json: json) { $0.text }
    }
}

extension ParsableCommand {
    func say(_ text: String, json: Bool) {
        let handle = json ? FileHandle.standardError : FileHandle.standardOutput
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }

    /// A result for people, and with `json` for programs.
    func report<Result: Encodable>(_ result: Result, json: Bool, text: (Result) -> String) throws {
        say(text(result), json: json)
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}

extension Precision: ExpressibleByArgument {}
