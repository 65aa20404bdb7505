import ArgumentParser
import Foundation
import Tensors

/// What the commands share that train real models beside PyTorch.
struct TrainingBenchOptions: ParsableArguments {
    @Option(help: "A Python interpreter that has PyTorch and transformers.")
    var python = "python3"

    @Option(help: "Threads of everyone.")
    var threads = 2

    @Option(help: "float32 or bfloat16.")
    var precision = Precision.float32

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads takes at least 1") }
    }

    func say(_ text: String) {
        let handle = json ? FileHandle.standardError : FileHandle.standardOutput
        try? handle.write(contentsOf: Data((text + "\n").utf8))
    }

    /// A result for people, and with `--json` for programs.
    func report<Result: Encodable>(_ result: Result, text: (Result) -> String) throws {
        say(text(result))
        guard json else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        print(String(decoding: try encoder.encode(result), as: UTF8.self))
    }
}

extension Precision: ExpressibleByArgument {}
