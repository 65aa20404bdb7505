import Checkpoints
import Tensors

extension ModelFamily {
    /// Gemma 2 (arXiv 2408.00118): every other layer, from the first, sees a window; scores and logits are capped.
    static let gemma2 = ModelFamily(
        name: "Gemma 2", modelTypes: ["gemma2"], architectures: ["gemma2"],
        huggingFaceNames: .gemmaOfHuggingFace, ggufNames: .llamaOfGGUF,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gemma(hasOutput: hasOutput)
            let layers = configuration.layers
            reader.setWindows(&configuration, standard: 4096, (0..<layers).map { $0 % 2 == 0 })
            let rotary = reader.rotaryFromJSON(
                headWidth: configuration.headWidth,
                maximumLength: reader.integer("max_position_embeddings", default: 8192))
            configuration.variant.rotary = Array(repeating: rotary, count: layers)
            configuration.variant.scoreCap = reader.optionalNumber("attn_logit_softcapping").map(Float.init)
            configuration.variant.logitCap = reader.optionalNumber("final_logit_softcapping").map(Float.init)
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gemma(file)
            let (window, layers) = (reader.integer("attention.sliding_window", default: 4096), configuration.layers)
            configuration.variant.windows = (0..<layers).map { $0 % 2 == 0 ? window : nil }
            configuration.variant.rotary = Array(
                repeating: reader.rotaryFromGGUF(headWidth: configuration.headWidth, pairing: .halves), count: layers)
            configuration.variant.scoreCap = Float(reader.number("attn_logit_softcapping", default: 50))
            configuration.variant.logitCap = Float(reader.number("final_logit_softcapping", default: 30))
            // The largest one divides by the width of the model's share a head, and says nothing of it.
            if layers == 46 {
                configuration.variant.scoreScale =
                    1 / Float(configuration.width / configuration.heads).squareRoot()
            }
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "Gemma2ForCausalLM", modelType: "gemma2", architecture: "gemma2",
            addJSON: { writer in
                writer.setGemma()
                writer.setRotary()
            },
            addGGUF: { writer in
                writer.setGemma()
                writer.setRotary(writer.decoder.rotary(local: nil))
                writer.expectWindows { $0 % 2 == 0 }
                writer.setCaps()
            }))

    /// Gemma 3 (arXiv 2503.19786), the part that reads text: five layers of six see a window and turn faster.
    static let gemma3 = ModelFamily(
        name: "Gemma 3", modelTypes: ["gemma3_text", "gemma3"], architectures: ["gemma3"],
        huggingFaceNames: .gemmaOfHuggingFace, ggufNames: .llamaOfGGUF,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gemma(hasOutput: hasOutput)
            configuration.variant.normalizesHeads = true
            let pattern = reader.integer("sliding_window_pattern", default: 6)
            let isLocal = (0..<configuration.layers).map { ($0 + 1) % pattern != 0 }
            let locals = reader.setWindows(&configuration, standard: 4096, isLocal)
            let length = reader.integer("max_position_embeddings", default: 131_072)
            let global = reader.rotaryFromJSON(
                headWidth: configuration.headWidth, maximumLength: length, layerType: "full_attention",
                defaultBase: 1_000_000)
            let local = reader.rotaryFromJSON(
                headWidth: configuration.headWidth, maximumLength: length, layerType: "sliding_attention",
                base: reader.number("rope_local_base_freq", default: 10_000), scales: false)
            configuration.variant.rotary = locals.map { $0 ? local : global }
            configuration.variant.scoreCap = reader.optionalNumber("attn_logit_softcapping").map(Float.init)
            configuration.variant.logitCap = reader.optionalNumber("final_logit_softcapping").map(Float.init)
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gemma(file)
            configuration.variant.normalizesHeads = true
            let window = reader.integer("attention.sliding_window", default: 1024)
            let pattern = reader.integer("attention.sliding_window_pattern", default: 6)
            let isLocal = (0..<configuration.layers).map { ($0 + 1) % pattern != 0 }
            configuration.variant.windows = isLocal.map { $0 ? window : nil }
            let global = reader.rotaryFromGGUF(
                headWidth: configuration.headWidth, pairing: .halves,
                base: reader.number("rope.freq_base", default: 1_000_000))
            let local = reader.rotaryFromGGUF(
                headWidth: configuration.headWidth, pairing: .halves,
                base: reader.number("rope.freq_base_swa", default: 10_000), scales: false)
            configuration.variant.rotary = isLocal.map { $0 ? local : global }
            // The 27B model divides by the width of the model's share a head, and says nothing of it.
            if configuration.layers == 62 {
                configuration.variant.scoreScale =
                    1 / Float(configuration.width / configuration.heads).squareRoot()
            }
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "Gemma3ForCausalLM", modelType: "gemma3_text", architecture: "gemma3",
            addJSON: { writer in
                writer.setGemma()
                writer.setRotary(writer.decoder.rotary(local: false) ?? writer.decoder.rotary(local: nil))
                let local = writer.decoder.rotary(local: true) ?? RotaryDescription(base: 10_000, turned: 2)
                if local.scaling != .none { writer.problems.append("scaled rotary positions in local layers") }
                writer.set("rope_local_base_freq", local.base)
            },
            addGGUF: { writer in
                writer.setGemma()
                writer.setRotary(writer.decoder.rotary(local: false) ?? writer.decoder.rotary(local: nil))
                let local = writer.decoder.rotary(local: true) ?? RotaryDescription(base: 10_000, turned: 2)
                if local.scaling != .none { writer.problems.append("scaled rotary positions in local layers") }
                writer.set("rope.freq_base_swa", local.base)
                writer.expectWindows { ($0 + 1) % 6 != 0 }
                if writer.configuration.variant.scoreCap != nil { writer.problems.append("capped attention scores") }
                if writer.configuration.variant.logitCap != nil { writer.problems.append("capped logits") }
            }))
}

extension JSONConfigurationWriter {
    /// What Gemma 2 and 3 share.
    fileprivate mutating func setGemma() {
        let variant = configuration.variant
        set("attention_bias", variant.hasAttentionBias)
        setGatedDecoder(activationKey: "hidden_activation")
        let scale = variant.scoreScale ?? 1 / Float(configuration.headWidth).squareRoot()
        // transformers takes whole numbers alone.
        let scalar = 1 / (scale * scale)
        let isWhole = abs(scalar - scalar.rounded()) < 1e-4 * scalar
        set("query_pre_attn_scalar", isWhole ? .int(Int(scalar.rounded())) : JSONConfigurationWriter.node(scalar))
        set("attn_logit_softcapping", variant.scoreCap)
        set("final_logit_softcapping", variant.logitCap)
        set("sliding_window", decoder.window ?? 4096)
        setLayerTypes()
    }
}

extension GGUFConfigurationWriter {
    /// What Gemma 2 and 3 share.
    fileprivate mutating func setGemma() {
        setGatedDecoder(activation: .gelu)
        refuseBiases()
        // llama.cpp knows the scale by the number of layers.
        let isLargest = configuration.layers == (architecture == "gemma2" ? 46 : 62)
        let width = isLargest ? configuration.width / configuration.heads : configuration.headWidth
        scaleQueries(to: 1 / Float(width).squareRoot())
    }

    /// llama.cpp knows which layers are local; it isn't told.
    fileprivate mutating func expectWindows(_ isLocal: (Int) -> Bool) {
        guard let window = decoder.window, decoder.isLocal == (0..<configuration.layers).map(isLocal) else {
            problems.append("windows in other layers than \(architecture)'s")
            return
        }
        set("attention.sliding_window", window)
    }
}

extension TensorNames {
    /// Norms of their own behind both halves of a block, gains less one; perhaps within a model that also sees.
    fileprivate static let gemmaOfHuggingFace: TensorNames = {
        var names = TensorNames.llamaOfHuggingFace
        names.prefixes = ["model.", "language_model.model.", "model.language_model."]
        names.blockTensors["attention_output_norm"] = ["post_attention_layernorm"]
        names.blockTensors["mlp_norm"] = ["pre_feedforward_layernorm"]
        names.blockTensors["mlp_output_norm"] = ["post_feedforward_layernorm"]
        names.normOffset = 1
        names.ignoredPrefixes = [
            "vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector.",
        ]
        return names
    }()
}

extension ConfigurationReader {
    /// What Gemma 2 and 3 share.
    fileprivate func gemma(hasOutput: Bool) -> DecoderConfiguration {
        var configuration = gatedDecoder(headWidth: 256, activation: .gelu, hasOutput: hasOutput)
        configuration.variant.normalizesOutputs = true
        configuration.variant.hasAttentionBias = boolean("attention_bias", default: false)
        configuration.variant.hasAttentionOutputBias = configuration.variant.hasAttentionBias
        configuration.variant.embeddingScale = Float(configuration.width).squareRoot()
        configuration.variant.scoreScale = 1 / Float(number("query_pre_attn_scalar", default: 256)).squareRoot()
        return configuration
    }

    fileprivate func gemma(_ file: GGUFFile) -> DecoderConfiguration {
        var configuration = gatedDecoder(file, activation: .gelu)
        configuration.variant.normalizesOutputs = true
        configuration.variant.embeddingScale = Float(configuration.width).squareRoot()
        return configuration
    }

    /// Windows of the layers that are local: as `layer_types` says, else as `isLocal` does. Returns which are.
    @discardableResult
    fileprivate func setWindows(
        _ configuration: inout DecoderConfiguration, standard: Int, _ isLocal: [Bool]
    ) -> [Bool] {
        let window = integer("sliding_window", default: standard)
        let locals = localLayers(configuration.layers) ?? isLocal
        configuration.variant.windows = locals.map { $0 ? window : nil }
        return locals
    }
}
