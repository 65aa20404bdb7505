import Checkpoints
import JSONReading
import Tensors

extension Decoder {
    /// A decoder that was trained here as a model of transformers' `LlamaForCausalLM`, which computes the same.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16`.
    ///   - contextLength: What the model says of the longest text that it is for.
    /// - Throws: `ConfigurationError` if Llama has no such decoder.
    package func huggingFaceExport(
        type: ElementType = .f32, contextLength: Int, beginToken: Int? = nil, endTokens: [Int] = []
    ) throws(ConfigurationError) -> HuggingFaceExport {
        let base = try exportedRotaryBase()
        let export = try DecoderExport(self)
        guard configuration.variant.isGated else {
            return export.ungatedHuggingFace(
                type, contextLength: contextLength, rotaryBase: base, beginToken: beginToken, endTokens: endTokens)
        }
        return try export.huggingFace(
            .llama, written(rotaryBase: base, contextLength: contextLength), DecoderExport.Types(wanted: type),
            beginToken: beginToken, endTokens: endTokens)
    }

    /// A decoder that was trained here as a GGUF file that llama.cpp runs: one with a gate is a `llama`, one without a
    /// `gptneox`.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16` for matrices; norms stay in `.f32`.
    ///   - tokenizer: The keys of `tokenizer.ggml`. Without them llama.cpp takes ids alone.
    /// - Throws: `ConfigurationError` if no architecture has such a decoder.
    package func ggufExport(
        type: ElementType = .f32, name: String, contextLength: Int,
        tokenizer: [(key: String, value: GGUFExport.Value)] = []
    ) throws(ConfigurationError) -> GGUFExport {
        let base = try exportedRotaryBase()
        let source = try DecoderExport(self)
        var export: GGUFExport
        if configuration.variant.isGated {
            export = try source.gguf(
                .llama, written(rotaryBase: base, contextLength: contextLength), DecoderExport.Types(wanted: type),
                name: name, contextLength: nil
            ).export
        } else {
            export = source.ungatedGGUF(type, name: name, contextLength: contextLength, rotaryBase: base)
        }
        if tokenizer.isEmpty { export.set("tokenizer.ggml.model", .string("no_vocab")) }
        for (key, value) in tokenizer { export.set(key, value) }
        return export
    }

    private func written(rotaryBase: Float, contextLength: Int) -> WrittenDecoder {
        let rotary = RotaryDescription(base: rotaryBase, turned: configuration.headWidth)
        return WrittenDecoder(
            configuration: configuration, rotary: Array(repeating: rotary, count: configuration.layers),
            contextLength: contextLength)
    }

    /// - Throws: `ConfigurationError` with what no known architecture does as this decoder does it.
    private func exportedRotaryBase() throws(ConfigurationError) -> Float {
        let variant = configuration.variant
        var reasons: [String] = []
        if frozen != nil { reasons.append("its weights come from another checkpoint: use that one") }
        var rotaryBase: Float = 0
        if case .rotary(let base) = configuration.positions {
            rotaryBase = base
        } else {
            reasons.append("it has learned positions with RMS norms")
        }
        var plain = DecoderVariant()
        plain.keyValueHeads = variant.keyValueHeads
        plain.headWidth = variant.headWidth
        plain.activation = variant.activation
        plain.isGated = variant.isGated
        let isKnown = variant == plain && (variant.isGated ? variant.activation == .silu : variant.activation == .gelu)
        if !isKnown { reasons.append("its variant is that of an imported family") }
        guard reasons.isEmpty else {
            throw ConfigurationError("the decoder can't be exported: \(reasons.joined(separator: "; "))")
        }
        return rotaryBase
    }
}
