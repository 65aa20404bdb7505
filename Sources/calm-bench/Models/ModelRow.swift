/// What is measured of each model, and what calm means to reach.
struct ModelRow {
    /// A speed beside somebody else's, in the same run.
    struct Goal: Encodable {
        let peer: String
        /// How many times as fast calm means to be.
        let factor: Double
    }

    enum Measure: String { case prefill, decode, batch, tokenize, firstToken, memory }

    let measure: Measure
    let name: String
    let summary: String
    let goals: [Goal]
    /// The most bytes over those of the file and the caches.
    var limit: Double? = nil

    /// The rows of a model whose weights are quantised.
    static let quantised =
        [
            ModelRow(
                measure: .prefill, name: "prefill", summary: "\(ModelWork.prompt) tokens of a prompt, one sequence",
                goals: [Goal(peer: "llama.cpp", factor: 2), Goal(peer: "transformers", factor: 1.2)]),
            ModelRow(
                measure: .decode, name: "decode", summary: "\(ModelWork.new) tokens behind it",
                goals: [Goal(peer: "llama.cpp", factor: 1.3)]),
        ] + rest

    /// The rows of a model whose weights are Float32, half precision or bfloat16.
    static let plain =
        [
            ModelRow(
                measure: .prefill, name: "prefill", summary: "\(ModelWork.prompt) tokens of a prompt, one sequence",
                goals: [Goal(peer: "transformers", factor: 2)]),
            ModelRow(
                measure: .decode, name: "decode", summary: "\(ModelWork.new) tokens behind it",
                goals: [Goal(peer: "transformers", factor: 2)]),
        ] + rest

    private static let rest = [
        ModelRow(
            measure: .batch, name: "decode-16", summary: "\(ModelWork.new) tokens of 16 sequences, a token",
            goals: [Goal(peer: ModelWork.single, factor: 4)]),
        ModelRow(
            measure: .tokenize, name: "tokenize", summary: "real text to tokens, on one thread",
            goals: [Goal(peer: "tokenizers", factor: 1)]),
        ModelRow(
            measure: .firstToken, name: "first-token", summary: "from a new process to the first token of a short text",
            goals: [Goal(peer: "llama.cpp", factor: 1)]),
        ModelRow(
            measure: .memory, name: "memory",
            summary: "the most that was resident in all that, in a process of its own",
            goals: [], limit: 1.1),
    ]
}
