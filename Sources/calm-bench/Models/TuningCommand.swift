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

    @OptionGroup var common: TrainingBenchOptions

    @Option(help: "Steps of everyone.")
    var steps = 20

    @Option(help: "Pieces of a batch that calm differentiates one after the other.")
    var accumulate = 2

    @Flag(help: "Let calm compute activations within blocks anew in the backward pass.")
    var recompute = false

    @Flag(help: "Leave out torch.compile, which takes minutes to start.")
    var eager = false

    func validate() throws {
        guard accumulate >= 1 else { throw ValidationError("--accumulate takes at least 1") }
        guard steps >= 3 else { throw ValidationError("--steps takes at least 3, found \(steps)") }
        guard common.precision != .frozenBFloat16 else {
            throw ValidationError("no weight is frozen: float32 or bfloat16")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let contest = TuningContest(
            path: model, python: common.python, threads: common.threads, steps: steps, precision: common.precision,
            accumulation: accumulate, recomputes: recompute, compiles: !eager)
        try common.report(try contest.result(say: common.say)) { $0.text }
    }
}
