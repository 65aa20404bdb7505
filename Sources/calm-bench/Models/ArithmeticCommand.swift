import ArgumentParser
import Foundation
import LanguageModels
import Tensors

/// How far `--dtype int8` is from `--dtype float32` at each width of vectors that this processor has.
struct ArithmeticCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arithmetic",
        abstract: "Compare a model's fast arithmetic with exact Float32, at each vector width of this processor.",
        discussion: """
            Reads a text in pieces, then token by token, then as 16 sequences at once, with --dtype float32 and --dtype int8.
            Exits with 1 if a difference is beyond its bound, or if threads change a bit of the exact results. Each width is
            measured in a process of its own, which CALM_VECTOR_WIDTH limits to that width. Models that don't exist are
            skipped.

            EXAMPLES
              calm-bench arithmetic --text README.md SmolLM2-135M-Instruct.Q4_1.gguf gemma-3-270m-q4_k_m.gguf
            """)

    @Argument(help: "Models: .gguf files or folders with config.json.")
    var models: [String]

    @Option(help: "A text; its first tokens are read.")
    var text = "README.md"

    @Option(help: "Number of tokens to read.")
    var tokens = 704

    @Option(help: "Number of threads.")
    var threads = 2

    @Option(help: .private)
    var probe: String?

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("threads must be at least 1") }
        guard tokens >= 96 else { throw ValidationError("tokens must be at least 96") }
    }

    func run() throws {
        if let probe { return try compare(probe) }
        var (failures, compared) = (0, 0)
        for model in models {
            guard FileManager.default.fileExists(atPath: model) else {
                print("\(model): not found, skipped")
                continue
            }
            for width in [nil] + VectorWidth.current.narrower.map(Optional.some) {
                compared += 1
                if try !isWithinBounds(model, width) { failures += 1 }
            }
        }
        print("\(compared) comparisons, \(failures) beyond the bounds")
        guard failures == 0, compared > 0 else { throw ExitCode(1) }
    }

    /// Runs this program again at a width, or at what the processor has.
    private func isWithinBounds(_ model: String, _ width: VectorWidth?) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "arithmetic", model, "--probe", width?.rawValue ?? "", "--text", text, "--tokens", String(tokens),
            "--threads", String(threads),
        ]
        if let width {
            process.environment = ProcessInfo.processInfo.environment.merging(
                [VectorWidth.variable: width.rawValue]
            ) { $1 }
        }
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private func compare(_ path: String) throws {
        let model = models[0]
        let profile = try NumericProfile.current()
        guard path.isEmpty || VectorWidth.limit?.rawValue == path else {
            throw ValidationError("\(path) was asked for, and \(VectorWidth.current.rawValue) is in use")
        }
        let opened = try TextModel(path: model)
        guard let decoder = opened.pretrained?.decoder else {
            throw ValidationError("\(model) is no model from outside")
        }
        let contents = try String(contentsOfFile: text, encoding: .utf8)
        // More than as many tokens of any language.
        let ids = Array(try opened.text.tokenizer.encode(String(contents.prefix(16 * tokens))).map(\.id).prefix(tokens))
        guard ids.count == tokens else { throw ValidationError("\(text) has \(ids.count) tokens, \(tokens) needed") }
        let leading = opened.text.tokenizer.leadingTokens
        let one = ArithmeticComparison(decoder, ids, leading: leading)
        let several = ArithmeticComparison(decoder, ids, leading: leading, threads: threads)
        try opened.check()
        print("\(URL(fileURLWithPath: model).lastPathComponent), \(profile)\(Int8Product.isNative ? "+vnni" : "")")
        var failures = one.parts.flatMap { part in
            part.difference.violations(.fast).map { "\(part.name): \($0)" }
        }
        for (name, difference) in one.parts { print("  \(name.padded(to: 8)) \(difference.summary)") }
        if one.exactDigest != several.exactDigest { failures.append("\(threads) threads change exact results") }
        if zip(one.parts, several.parts).contains(where: { $0.difference.otherNats != $1.difference.otherNats }) {
            failures.append("\(threads) threads change fast results")
        }
        for failure in failures { print("  beyond the bounds: \(failure)") }
        guard failures.isEmpty else { throw ExitCode(1) }
    }
}

extension ArithmeticDifference {
    fileprivate var summary: String {
        let same = "\(decimals(100 * sameShare, 1))% same token (loss at most \(decimals(greatestLoss, 2)))"
        let logits = "logits off by \(decimals(logitError, 4)), at most \(decimals(greatestLogit, 3))"
        return "\(positions) positions: \(same), divergence \(decimals(divergence, 5)), "
            + "bits a byte \(decimals(100 * bitsChange, 3))%, \(logits)"
    }
}
