import ArgumentParser
import Foundation
import Tensors

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Measure real models beside llama.cpp and transformers, in one run.",
        discussion: """
            Everyone reads the same prompt and writes as many tokens, in turns, with the same number of threads. Wall times are
            of two threads unless said otherwise; on a machine with other work, compare tokens per processor second with
            --threads 1. The limit is what memory (decoding) or products in Float32 (prompts) allow on this machine, measured
            in the same run; products in int8 may pass the second. llama.cpp is what xllamacpp's wheel has: an AVX2 build.

            EXAMPLES
              calm-bench models --python venv/bin/python SmolLM2-135M-Instruct.Q4_1.gguf
              calm-bench models --threads 1 --repeats 3 --json model.gguf folder-with-config.json/
            """)

    @Argument(help: "Models: .gguf files or folders with config.json.")
    var models: [String] = []

    @Option(help: "A Python interpreter that has transformers.")
    var python = "python3"

    @Option(help: "A Python interpreter that has xllamacpp (default: that of --python).")
    var llamaPython: String?

    @Option(help: "Files and folders of text for the row tokenize, up to 4 MiB (default: README.md and Sources).")
    var text: [String] = []

    @Option(help: "Threads of everyone.")
    var threads = 2

    @Option(help: "How often each is measured.")
    var repeats = 5

    @Flag(help: "Compute calm's products in Float32, as --dtype float32 does.")
    var exact = false

    @Flag(help: "List the rows and their goals.")
    var list = false

    @Flag(help: "Write one JSON document to standard output, everything else to standard error.")
    var json = false

    @Option(help: .private)
    var probe: String?

    func validate() throws {
        guard threads >= 1, repeats >= 1 else { throw ValidationError("threads and repeats must be at least 1") }
        guard !models.isEmpty || list else { throw ValidationError("name at least one model") }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        if let probe {
            return try ModelWork.probe(models[0], threads: threads, isExact: exact, firstOnly: probe == "first")
        }
        if list {
            for (title, rows) in [("quantised", ModelRow.quantised), ("bf16, f16, Float32", ModelRow.plain)] {
                print("\(title):")
                for row in rows { print("  \(row.name.padded(to: 12)) \(row.summary)\(row.goalText)") }
            }
            return
        }
        let limits = MachineLimits(threads: threads)
        say("\(threads) threads, memory \(decimals(limits.bandwidth / 1e9, 1)) GB/s, ", terminator: "")
        say("large products \(decimals(limits.operations / 1e9, 0)) GFLOP/s, \(try NumericProfile.current())")
        let text = try BenchText.read(self.text.isEmpty ? ["README.md", "Sources"] : self.text)
        var results: [ModelResult] = []
        for path in models {
            let result = try ModelContest(
                path: path, python: python, llamaPython: llamaPython ?? python, threads: threads, isExact: exact,
                limits: limits, text: text
            ).result(repeats: repeats)
            say(result.text)
            results.append(result)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            print(String(decoding: try encoder.encode(ModelReport(limits: limits, models: results)), as: UTF8.self))
        }
    }

    private func say(_ text: String, terminator: String = "\n") {
        let handle = json ? FileHandle.standardError : FileHandle.standardOutput
        try? handle.write(contentsOf: Data((text + terminator).utf8))
    }
}

/// What this machine can do at most, measured.
struct MachineLimits: Encodable {
    let threads: Int
    /// Bytes a second from memory.
    let bandwidth: Double
    /// Operations a second in large products in Float32.
    let operations: Double

    init(threads: Int) {
        self.threads = threads
        bandwidth = memoryBandwidth(threads: threads)
        operations = ProductCeiling.peak(threads: threads)
    }
}
