import Checkpoints
import JSONReading
import Tensors

extension Decoder {
    /// A decoder that was trained here as a model of transformers, which computes the same: a Llama, or a GPT-2 if its
    /// positions are learned.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16`.
    ///   - contextLength: What the model says of the longest text that it is for; as many as there are learned positions.
    /// - Throws: `ConfigurationError` if these have no such decoder.
    package func huggingFaceExport(
        type: ElementType = .f32, contextLength: Int? = nil, beginToken: Int? = nil, endTokens: [Int] = []
    ) throws(ConfigurationError) -> HuggingFaceExport {
        let form = try exportedForm(contextLength)
        let (export, types) = (try DecoderExport(self), DecoderExport.Types(wanted: type))
        if form.rotaryBase != nil, !configuration.variant.isGated {
            return export.ungatedHuggingFace(
                type, contextLength: form.length, rotaryBase: form.rotaryBase ?? 0, beginToken: beginToken,
                endTokens: endTokens)
        }
        let source = form.rotaryBase == nil ? try export.doubled() : export
        return try source.huggingFace(
            form.rotaryBase == nil ? .gpt2 : .llama, written(source, form), types, beginToken: beginToken,
            endTokens: endTokens)
    }

    /// A decoder that was trained here as a GGUF file that llama.cpp runs: one with a gate is a `llama`, one without a
    /// `gptneox`, or a `gpt2` if its positions are learned.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16` for matrices; norms stay in `.f32`.
    ///   - tokenizer: The keys of `tokenizer.ggml`. Without them llama.cpp takes ids alone.
    /// - Throws: `ConfigurationError` if no architecture has such a decoder.
    package func ggufExport(
        type: ElementType = .f32, name: String, contextLength: Int? = nil,
        tokenizer: [(key: String, value: GGUFExport.Value)] = []
    ) throws(ConfigurationError) -> GGUFExport {
        let form = try exportedForm(contextLength)
        let export = try DecoderExport(self)
        let source = configuration.variant.isGated ? export : try export.doubled()
        let family: ModelFamily =
            configuration.variant.isGated ? .llama : form.rotaryBase == nil ? .gpt2 : .gptNeoX
        var file = try source.gguf(
            family, written(source, form), DecoderExport.Types(wanted: type), name: name, contextLength: nil
        ).export
        if tokenizer.isEmpty { file.set("tokenizer.ggml.model", .string("no_vocab")) }
        for (key, value) in tokenizer { file.set(key, value) }
        return file
    }

    private func written(_ source: DecoderExport, _ form: (rotaryBase: Float?, length: Int)) -> WrittenDecoder {
        // Of the decoder itself: that of a form with wider heads turns as many columns.
        let rotary = form.rotaryBase.map { RotaryDescription(base: $0, turned: configuration.headWidth) }
        return WrittenDecoder(
            configuration: source.configuration,
            rotary: rotary.map { Array(repeating: $0, count: configuration.layers) } ?? [], contextLength: form.length)
    }

    /// The base of its rotary positions, nil if they are learned, and the longest text that it is for.
    ///
    /// - Throws: `ConfigurationError` with what no known architecture does as this decoder does it.
    private func exportedForm(_ length: Int?) throws(ConfigurationError) -> (rotaryBase: Float?, length: Int) {
        let variant = configuration.variant
        var reasons: [String] = []
        if frozen != nil { reasons.append("its weights come from another checkpoint: use that one") }
        var plain = DecoderVariant()
        plain.keyValueHeads = variant.keyValueHeads
        plain.headWidth = variant.headWidth
        plain.activation = variant.activation
        plain.isGated = variant.isGated
        let isKnown = variant == plain && (variant.isGated ? variant.activation == .silu : variant.activation == .gelu)
        if !isKnown {
            reasons.append(
                "its variant is that of an imported family, and nothing of that was kept with it: train it further again"
            )
        }
        guard reasons.isEmpty else {
            throw ConfigurationError("the decoder can't be exported: \(reasons.joined(separator: "; "))")
        }
        switch configuration.positions {
        case .rotary(let base): return (base, length ?? 2048)
        case .learned(let maximum):
            if configuration.variant.isGated {
                throw ConfigurationError("the decoder can't be exported: it has learned positions and a gate")
            }
            guard length ?? maximum == maximum else {
                throw ConfigurationError(
                    "it has learned positions for \(maximum) tokens, and no others for \(length ?? 0)")
            }
            return (nil, maximum)
        }
    }
}
