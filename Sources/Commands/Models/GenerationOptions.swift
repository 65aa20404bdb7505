import ArgumentParser
import LanguageModels

/// How tokens are chosen, and when a continuation ends.
struct GenerationOptions: ParsableArguments {
    @Option(help: "Maximum number of new tokens.")
    var tokens = 64

    @Option(help: "Divide logits by this before drawing; 0 takes the likeliest token.")
    var temperature: Float = 0

    @Option(help: "Draw among the K likeliest tokens alone; 0: all.")
    var topK = 0

    @Option(help: "Draw among the likeliest tokens that together reach this probability.")
    var topP: Float = 1

    @Option(help: "Draw among tokens of at least this share of the likeliest one's probability.")
    var minP: Float = 0

    @Option(help: "Divide logits of tokens that occurred by this.")
    var repetitionPenalty: Float = 1

    @Option(help: "Seed of the draws.")
    var seed = 0

    @Option(help: "End where this text stands, which is left out; several may be given.")
    var stop: [String] = []

    @Flag(help: "Go on behind tokens that end a text.")
    var ignoreEos = false

    @Option(
        help: ArgumentHelp("With JSON: log-probabilities of each new token and of the K likeliest.", valueName: "k"))
    var logprobs: Int?

    func validate() throws {
        func check(_ name: String, _ holds: Bool, _ range: String) throws {
            if !holds { throw ValidationError("--\(name) takes \(range)") }
        }
        try check("tokens", (1...1_000_000).contains(tokens), "1 to 1000000")
        try check("temperature", temperature >= 0 && temperature.isFinite, "0 or more")
        try check("top-k", topK >= 0, "0 or more")
        try check("top-p", topP > 0 && topP <= 1, "more than 0, up to 1")
        try check("min-p", minP >= 0 && minP <= 1, "0 to 1")
        try check("repetition-penalty", repetitionPenalty > 0 && repetitionPenalty.isFinite, "more than 0")
        try check("seed", seed >= 0, "0 or more")
        try check("logprobs", (0...1000).contains(logprobs ?? 0), "0 to 1000")
    }

    var sampling: SamplingOptions {
        var options = SamplingOptions()
        options.temperature = temperature
        options.topK = topK
        options.topP = topP
        options.minP = minP
        options.repetitionPenalty = repetitionPenalty
        options.seed = UInt64(seed)
        return options
    }

    var settings: GenerationSettings {
        var settings = GenerationSettings()
        settings.tokens = tokens
        settings.sampling = sampling
        settings.stop = stop
        settings.ignoresEnd = ignoreEos
        settings.logprobs = logprobs
        return settings
    }
}
