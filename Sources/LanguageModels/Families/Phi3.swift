import Checkpoints
import Tensors

extension ModelFamily {
    /// Phi-3 (arXiv 2404.14219): queries, keys and values are one matrix, gate and up another.
    static let phi3 = ModelFamily(
        name: "Phi-3", modelTypes: ["phi3"], architectures: ["phi3"],
        huggingFaceNames: {
            var names = TensorNames.llamaOfHuggingFace
            names.blockTensors["attention.qkv"] = ["self_attn.qkv_proj"]
            names.blockTensors["mlp.up"] = ["mlp.gate_up_proj"]
            return names
        }(),
        ggufNames: {
            var names = TensorNames.llamaOfGGUF
            names.blockTensors["attention.qkv"] = ["attn_qkv"]
            names.blockTensors["mlp.up"] = ["ffn_up"]
            names.ignored += ["rope_factors_long.weight", "rope_factors_short.weight"]
            return names
        }(),
        fromJSON: { reader, hasOutput in
            var configuration = reader.gatedDecoder(epsilon: 1e-5, hasOutput: hasOutput)
            let rotary = reader.rotaryFromJSON(
                headWidth: configuration.headWidth,
                maximumLength: reader.integer("max_position_embeddings", default: 4096))
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            if let window = reader.optionalInteger("sliding_window") {
                configuration.variant.windows = Array(repeating: window, count: configuration.layers)
            }
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gatedDecoder(file)
            let factors = try file["rope_factors_short.weight"]?.floats()
            var rotary = reader.rotaryFromGGUF(
                headWidth: configuration.headWidth, pairing: .halves, factors: factors)
            if let factors, let long = try file["rope_factors_long.weight"]?.floats(), long != factors {
                rotary.longest = reader.integer("rope.scaling.original_context_length")
            }
            if let scale = reader.optionalNumber("rope.scaling.attn_factor") { rotary.scale = Float(scale) }
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            if let window = reader.optionalInteger("attention.sliding_window") {
                configuration.variant.windows = Array(repeating: window, count: configuration.layers)
            }
            return try reader.finish(configuration)
        })
}
