import ArgumentParser
import Foundation
import Tensors

struct ComposingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compose-real",
        abstract: "Measure the training and running of a composition of real models beside PyTorch, in one run.",
        discussion: """
            Everyone trains the same connections on the same 4 sequences of 128 of the anchor's tokens, a step each in turns, with
            the same AdamW and threads; each computes what the frozen models say in every step, and reads it from what was
            stored. The first two steps aren't counted. PyTorch's frozen models are in bfloat16 where calm's products are.

            EXAMPLES
              calm-bench compose-real --python venv/bin/python qwen2.5-coder-0.5b.gguf SmolLM2-135M-Instruct.Q4_1.gguf
              calm-bench compose-real --threads 1 --precision bfloat16 --connections 14-11,19-15 a.gguf b.gguf
            """)

    @Argument(help: "The anchor: a .gguf file or a folder with config.json.")
    var anchor: String

    @Argument(help: "The augmenting model, likewise.")
    var augmenting: String

    @Option(help: "Pairs of blocks, AUGMENTING-ANCHOR, with commas.")
    var connections = "14-11,19-15,25-19,29-22"

    @Flag(help: "Leave PyTorch out.")
    var alone = false

    @OptionGroup var common: TrainingBenchOptions

    @Option(help: "Steps of everyone.")
    var steps = 10

    private var pairs: [[Int]] {
        connections.split(separator: ",").map { $0.split(separator: "-").compactMap { Int($0) } }
    }

    func validate() throws {
        guard steps >= 3 else { throw ValidationError("--steps takes at least 3, found \(steps)") }
        guard !pairs.isEmpty, pairs.allSatisfy({ $0.count == 2 }) else {
            throw ValidationError("--connections takes pairs such as 14-11,19-15, found '\(connections)'")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let contest = ComposingContest(
            anchor: anchor, augmenting: augmenting, connections: pairs, python: alone ? nil : common.python,
            threads: common.threads, steps: steps, precision: common.precision)
        try common.report(try contest.result(say: common.say)) { $0.text }
    }
}
