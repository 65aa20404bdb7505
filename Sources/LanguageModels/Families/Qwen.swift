import Checkpoints
import Tensors

extension ModelFamily {
    /// Qwen 2 and 2.5 (arXiv 2407.10671): queries, keys and values have biases.
    static let qwen2 = ModelFamily(
        name: "Qwen2", modelTypes: ["qwen2"], architectures: ["qwen2"],
        huggingFaceNames: .llamaOfHuggingFace, ggufNames: .llamaOfGGUF,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gatedDecoder(hasOutput: hasOutput)
            configuration.variant.hasAttentionBias = true
            return try reader.finishQwen(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gatedDecoder(file)
            configuration.variant.hasAttentionBias = true
            return try reader.finishQwen(configuration, file)
        },
        writing: FamilyWriting(
            className: "Qwen2ForCausalLM", modelType: "qwen2", architecture: "qwen2",
            addJSON: { writer in
                writer.setGatedDecoder()
                writer.setRotary()
                writer.setQwenWindow()
            },
            addGGUF: { writer in
                writer.setGatedDecoder()
                writer.refuseBiases(attention: false)
                writer.setRotary(writer.decoder.rotary(local: nil))
                writer.limitToWindow(key: nil)
            }))

    /// Qwen 3 (arXiv 2505.09388): queries and keys are normalised head by head.
    static let qwen3 = ModelFamily(
        name: "Qwen3", modelTypes: ["qwen3"], architectures: ["qwen3"],
        huggingFaceNames: .llamaOfHuggingFace, ggufNames: .llamaOfGGUF,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gatedDecoder(headWidth: 128, hasOutput: hasOutput)
            configuration.variant.normalizesHeads = true
            configuration.variant.hasAttentionBias = reader.boolean("attention_bias", default: false)
            configuration.variant.hasAttentionOutputBias = configuration.variant.hasAttentionBias
            return try reader.finishQwen(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gatedDecoder(file)
            configuration.variant.normalizesHeads = true
            return try reader.finishQwen(configuration, file)
        },
        writing: FamilyWriting(
            className: "Qwen3ForCausalLM", modelType: "qwen3", architecture: "qwen3",
            addJSON: { writer in
                writer.set("attention_bias", writer.configuration.variant.hasAttentionBias)
                writer.setGatedDecoder()
                writer.setRotary()
                writer.setQwenWindow()
            },
            addGGUF: { writer in
                writer.setGatedDecoder()
                writer.refuseBiases()
                writer.setRotary(writer.decoder.rotary(local: nil))
                writer.limitToWindow(key: nil)
            }))
}

extension JSONConfigurationWriter {
    /// Windows are in use only where the configuration says so.
    fileprivate mutating func setQwenWindow() {
        set("use_sliding_window", decoder.window != nil)
        guard let window = decoder.window else { return set("sliding_window", .null) }
        set("sliding_window", window)
        set("max_window_layers", decoder.isLocal.firstIndex(of: true) ?? configuration.layers)
        setLayerTypes()
    }
}

extension ConfigurationReader {
    /// A window counts only if `use_sliding_window` says so, in layers from `max_window_layers` on.
    fileprivate func finishQwen(_ decoder: DecoderConfiguration) throws -> DecoderConfiguration {
        var configuration = decoder
        let rotary = rotaryFromJSON(
            headWidth: decoder.headWidth, maximumLength: integer("max_position_embeddings", default: 32_768))
        configuration.variant.rotary = Array(repeating: rotary, count: decoder.layers)
        if boolean("use_sliding_window", default: false), let window = optionalInteger("sliding_window") {
            let first = node("max_window_layers")?.integer ?? 28
            let isLocal = localLayers(decoder.layers) ?? (0..<decoder.layers).map { $0 >= first }
            configuration.variant.windows = isLocal.map { $0 ? window : nil }
        }
        return try finish(configuration)
    }

    fileprivate func finishQwen(_ decoder: DecoderConfiguration, _ file: GGUFFile) throws -> DecoderConfiguration {
        var configuration = decoder
        let rotary = rotaryFromGGUF(headWidth: decoder.headWidth, pairing: .halves)
        configuration.variant.rotary = Array(repeating: rotary, count: decoder.layers)
        return try finish(configuration)
    }
}
