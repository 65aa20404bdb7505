import Checkpoints
import Tensors

extension ModelFamily {
    /// GPT-2: learned positions, layer norms, biases everywhere. Hugging Face stores its matrices [in, out].
    static let gpt2 = ModelFamily(
        name: "GPT-2", modelTypes: ["gpt2"], architectures: ["gpt2"],
        huggingFaceNames: TensorNames(
            prefixes: ["transformer.", ""], embedding: "wte", positions: "wpe", finalNorm: "ln_f", output: "lm_head",
            block: "h.#.",
            blockTensors: [
                "attention_norm": ["ln_1"], "attention.qkv": ["attn.c_attn"], "attention.output": ["attn.c_proj"],
                "mlp_norm": ["ln_2"], "mlp.up": ["mlp.c_fc"], "mlp.down": ["mlp.c_proj"],
            ], isTransposed: true, ignored: [".attn.bias", ".attn.masked_bias"]),
        ggufNames: TensorNames(
            embedding: "token_embd", positions: "position_embd", finalNorm: "output_norm", output: "output",
            block: "blk.#.",
            blockTensors: [
                "attention_norm": ["attn_norm"], "attention.qkv": ["attn_qkv"], "attention.output": ["attn_output"],
                "mlp_norm": ["ffn_norm"], "mlp.up": ["ffn_up"], "mlp.down": ["ffn_down"],
            ]),
        fromJSON: { reader, hasOutput in
            let width = reader.integer("n_embd")
            reader.expectActivation(["activation_function"], ["gelu_new", "gelu_pytorch_tanh"])
            reader.expect("scale_attn_weights", { $0 }, default: true, "true")
            reader.expect("scale_attn_by_inverse_layer_idx", { !$0 }, default: false, "false")
            let configuration = DecoderConfiguration(
                vocabulary: reader.integer("vocab_size"), outputVocabulary: reader.generatedCount, width: width,
                layers: reader.layerCount("n_layer"),
                heads: reader.integer("n_head"), hiddenWidth: reader.optionalInteger("n_inner") ?? 4 * width,
                positions: .learned(maximum: reader.integer("n_positions")),
                normEpsilon: Float(reader.number("layer_norm_epsilon", default: 1e-5)), tiedHead: !hasOutput,
                variant: .gpt2)
            return try reader.finish(configuration)
        },
        fromGGUF: { reader, file in
            let configuration = DecoderConfiguration(
                vocabulary: reader.vocabulary(file), outputVocabulary: reader.generatedCount,
                width: reader.integer("embedding_length"),
                layers: reader.layerCount("block_count"), heads: reader.integer("attention.head_count"),
                hiddenWidth: reader.integer("feed_forward_length"),
                positions: .learned(maximum: reader.integer("context_length")),
                normEpsilon: Float(reader.number("attention.layer_norm_epsilon")),
                tiedHead: file["output.weight"] == nil, variant: .gpt2)
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "GPT2LMHeadModel", modelType: "gpt2", architecture: "gpt2",
            addJSON: { writer in
                let configuration = writer.configuration
                writer.set("activation_function", "gelu_new")
                writer.set("layer_norm_epsilon", configuration.normEpsilon)
                writer.set("n_embd", configuration.width)
                writer.set("n_head", configuration.heads)
                writer.set("n_inner", configuration.hiddenWidth)
                writer.set("n_layer", configuration.layers)
                writer.set("n_positions", writer.decoder.configuration.learnedPositions ?? writer.decoder.contextLength)
            },
            addGGUF: { writer in
                writer.setSizes()
                writer.set("attention.layer_norm_epsilon", writer.configuration.normEpsilon)
            }))
}

extension DecoderConfiguration {
    /// How many positions have a learned vector; nil if none has.
    var learnedPositions: Int? { if case .learned(let maximum) = positions { maximum } else { nil } }
}

extension DecoderVariant {
    fileprivate static let gpt2: DecoderVariant = {
        var variant = DecoderVariant()
        variant.norm = .layer
        variant.hasAttentionBias = true
        variant.hasAttentionOutputBias = true
        variant.hasMLPBias = true
        return variant
    }()
}
