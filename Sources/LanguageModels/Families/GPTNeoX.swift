import Checkpoints
import Tensors

extension ModelFamily {
    /// GPT-NeoX (arXiv 2204.06745) with one half of a block behind the other, from GGUF alone: calm writes its own decoders
    /// without a gate like that. Layer norms, biases everywhere, rotary positions in a part of each head.
    static let gptNeoX = ModelFamily(
        name: "GPT-NeoX", modelTypes: [], architectures: ["gptneox"], huggingFaceNames: nil,
        ggufNames: TensorNames(
            embedding: "token_embd", finalNorm: "output_norm", output: "output", block: "blk.#.",
            blockTensors: [
                "attention_norm": ["attn_norm"], "attention.qkv": ["attn_qkv"], "attention.output": ["attn_output"],
                "mlp_norm": ["ffn_norm"], "mlp.up": ["ffn_up"], "mlp.down": ["ffn_down"],
            ]),
        fromJSON: { reader, _ in
            reader.fail("model_type 'gpt_neox' is not supported")
            return try reader.finish(DecoderConfiguration(vocabulary: 1, width: 2, layers: 1, heads: 1))
        },
        fromGGUF: { reader, file in
            var variant = DecoderVariant()
            variant.norm = .layer
            variant.hasAttentionBias = true
            variant.hasAttentionOutputBias = true
            variant.hasMLPBias = true
            if reader.value("use_parallel_residual")?.bool ?? true {
                reader.fail(
                    "both halves of a block read the same (use_parallel_residual), which is not supported; expected one "
                        + "behind the other")
            }
            let (width, heads) = (reader.integer("embedding_length"), reader.integer("attention.head_count"))
            let layers = reader.layerCount("block_count")
            let rotary = reader.rotaryFromGGUF(headWidth: max(1, width / heads), pairing: .halves)
            variant.rotary = Array(repeating: rotary, count: layers)
            let configuration = DecoderConfiguration(
                vocabulary: reader.vocabulary(file), outputVocabulary: reader.generatedCount, width: width,
                layers: layers, heads: heads,
                hiddenWidth: reader.integer("feed_forward_length"),
                normEpsilon: Float(reader.number("attention.layer_norm_epsilon")),
                tiedHead: file["output.weight"] == nil, variant: variant)
            return try reader.finish(configuration)
        },
        writing: FamilyWriting(
            className: "GPTNeoXForCausalLM", modelType: "gpt_neox", architecture: "gptneox",
            addJSON: { $0.problems.append("one half of a block behind the other") },
            addGGUF: { writer in
                writer.setSizes()
                writer.set("use_parallel_residual", false)
                writer.set("attention.layer_norm_epsilon", writer.configuration.normEpsilon)
                writer.setRotary(writer.decoder.rotary(local: nil))
            }))
}
