import Checkpoints
import Tensors

extension ModelFamily {
    /// Llama 1 to 3, SmolLM2, TinyLlama (https://github.com/huggingface/transformers, models/llama).
    ///
    /// GGUF stores queries and keys so that neighbouring elements turn together.
    static let llama = ModelFamily(
        name: "Llama", modelTypes: ["llama"], architectures: ["llama"],
        huggingFaceNames: .llamaOfHuggingFace, ggufNames: .llamaOfGGUF,
        fromJSON: { reader, hasOutput in
            var configuration = reader.gatedDecoder(hasOutput: hasOutput)
            configuration.variant.hasAttentionBias = reader.boolean("attention_bias", default: false)
            configuration.variant.hasAttentionOutputBias = configuration.variant.hasAttentionBias
            configuration.variant.hasMLPBias = reader.boolean("mlp_bias", default: false)
            let rotary = reader.rotaryFromJSON(
                headWidth: configuration.headWidth,
                maximumLength: reader.integer("max_position_embeddings", default: 2048))
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in
            var configuration = reader.gatedDecoder(file)
            let factors = try file["rope_freqs.weight"]?.floats()
            let rotary = reader.rotaryFromGGUF(
                headWidth: configuration.headWidth, pairing: .adjacent, factors: factors)
            configuration.variant.rotary = Array(repeating: rotary, count: configuration.layers)
            if let window = reader.optionalInteger("attention.sliding_window") {
                configuration.variant.windows = Array(repeating: window, count: configuration.layers)
            }
            for name in ["attn_q.bias", "attn_k.bias", "attn_v.bias"] where file["blk.0.\(name)"] != nil {
                configuration.variant.hasAttentionBias = true
            }
            configuration.variant.hasAttentionOutputBias = file["blk.0.attn_output.bias"] != nil
            configuration.variant.hasMLPBias = file["blk.0.ffn_down.bias"] != nil
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "LlamaForCausalLM", modelType: "llama", architecture: "llama", ggufPairing: .adjacent,
            addJSON: { writer in
                writer.set("attention_bias", writer.configuration.variant.hasAttentionBias)
                writer.set("mlp_bias", writer.configuration.variant.hasMLPBias)
                writer.setGatedDecoder()
                writer.setRotary()
            },
            addGGUF: { $0.setLlama() }))
}

extension GGUFConfigurationWriter {
    /// What `llama` has in GGUF: Mistral too.
    mutating func setLlama() {
        setGatedDecoder()
        setRotary(decoder.rotary(local: nil), holdsDivisors: true)
        limitToWindow()
    }
}
