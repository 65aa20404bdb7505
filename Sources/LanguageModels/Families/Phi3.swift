import Checkpoints
import JSONReading
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
            let rotary = reader.rotaryFromGGUF(
                headWidth: configuration.headWidth, pairing: .halves,
                factors: try file["rope_factors_short.weight"]?.floats(),
                longFactors: try file["rope_factors_long.weight"]?.floats())
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            if let window = reader.optionalInteger("attention.sliding_window") {
                configuration.variant.windows = Array(repeating: window, count: configuration.layers)
            }
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "Phi3ForCausalLM", modelType: "phi3", architecture: "phi3",
            addJSON: { writer in
                writer.setGatedDecoder()
                writer.setRotary()
                if case .divisors(_, _, let original) = writer.decoder.rotary(local: nil)?.scaling {
                    writer.set("original_max_position_embeddings", Int(original))
                } else {
                    writer.set("original_max_position_embeddings", writer.decoder.contextLength)
                }
                writer.set("sliding_window", writer.decoder.window.map(JSONNode.int) ?? .null)
            },
            addGGUF: { writer in
                writer.setGatedDecoder()
                writer.setRotary(writer.decoder.rotary(local: nil), holdsLongDivisors: true)
                writer.limitToWindow()
            }))
}
