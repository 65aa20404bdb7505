import Checkpoints
import Tensors

/// One architecture's mapping of names, shapes and values onto the ``Decoder``. To add one: a file in Families/ and a line in
/// ``all``.
struct ModelFamily: Sendable {
    let name: String
    /// `model_type` in `config.json`.
    let modelTypes: [String]
    /// `general.architecture` in GGUF.
    let architectures: [String]
    /// Nil if the family is read from GGUF alone, or from Hugging Face folders alone.
    let huggingFaceNames: TensorNames?
    let ggufNames: TensorNames?
    /// `hasOutput`: whether the checkpoint has an output head of its own.
    let fromJSON: @Sendable (_ reader: ConfigurationReader, _ hasOutput: Bool) throws -> DecoderConfiguration
    let fromGGUF: @Sendable (_ reader: ConfigurationReader, _ file: GGUFFile) throws -> DecoderConfiguration
    /// How it is written; nil: only as it was read.
    var writing: FamilyWriting?

    /// In `config.json`, and behind `calm.` in GGUF.
    static let generatedCountKey = "generated_vocab_size"

    static let all: [ModelFamily] = [llama, mistral, qwen2, qwen3, gemma2, gemma3, phi3, gpt2, gptNeoX]

    static func named(modelType: String) -> ModelFamily? { all.first { $0.modelTypes.contains(modelType) } }

    static func named(architecture: String) -> ModelFamily? { all.first { $0.architectures.contains(architecture) } }
}

extension TensorNames {
    /// What Hugging Face calls the tensors of Llama and its kin.
    static let llamaOfHuggingFace = TensorNames(
        prefixes: ["model."], embedding: "embed_tokens", finalNorm: "norm", output: "lm_head", block: "layers.#.",
        blockTensors: [
            "attention_norm": ["input_layernorm"],
            "attention.qkv": ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
            "attention.query_norm": ["self_attn.q_norm"],
            "attention.key_norm": ["self_attn.k_norm"],
            "attention.output": ["self_attn.o_proj"],
            "mlp_norm": ["post_attention_layernorm"],
            "mlp.up": ["mlp.gate_proj", "mlp.up_proj"],
            "mlp.down": ["mlp.down_proj"],
        ], ignored: ["rotary_emb.inv_freq"])

    /// What GGUF calls the tensors of Llama and its kin.
    static let llamaOfGGUF = TensorNames(
        embedding: "token_embd", finalNorm: "output_norm", output: "output", block: "blk.#.",
        blockTensors: [
            "attention_norm": ["attn_norm"],
            "attention.qkv": ["attn_q", "attn_k", "attn_v"],
            "attention.query_norm": ["attn_q_norm"],
            "attention.key_norm": ["attn_k_norm"],
            "attention.output": ["attn_output"],
            "attention_output_norm": ["post_attention_norm"],
            "mlp_norm": ["ffn_norm"],
            "mlp.up": ["ffn_gate", "ffn_up"],
            "mlp.down": ["ffn_down"],
            "mlp_output_norm": ["post_ffw_norm"],
        ], ignored: ["rope_freqs.weight"])
}

extension ConfigurationReader {
    /// What all families of gated decoders have in `config.json`; the variant lacks positions and what is the family's own.
    func gatedDecoder(
        headWidth standard: Int? = nil, epsilon: Double = 1e-6, activation: Activation = .silu, hasOutput: Bool
    ) -> DecoderConfiguration {
        var variant = DecoderVariant()
        let (width, heads) = (integer("hidden_size"), integer("num_attention_heads"))
        variant.keyValueHeads = integer("num_key_value_heads", default: heads)
        variant.headWidth = optionalInteger("head_dim") ?? standard ?? max(1, width / heads)
        variant.isGated = true
        variant.activation = gate(default: activation)
        if !hasOutput, !boolean("tie_word_embeddings", default: true) {
            fail("'tie_word_embeddings' is false, but the checkpoint has no output head")
        }
        return DecoderConfiguration(
            vocabulary: integer("vocab_size"), outputVocabulary: generatedCount, width: width,
            layers: layerCount("num_hidden_layers"), heads: heads,
            hiddenWidth: integer("intermediate_size"), normEpsilon: Float(number("rms_norm_eps", default: epsilon)),
            tiedHead: !hasOutput, variant: variant)
    }

    /// The gate's activation: of the two that there are for it, what the configuration says.
    private func gate(default standard: Activation) -> Activation {
        for key in ["hidden_activation", "hidden_act"] {
            guard let value = node(key) else { continue }
            switch value.string {
            case "silu", "swish": return .silu
            case "gelu_pytorch_tanh", "gelu_new": return .gelu
            default:
                fail(
                    "key '\(key)': \(value.string ?? value.kind), expected gelu_new, gelu_pytorch_tanh, silu or swish")
                return standard
            }
        }
        return standard
    }

    /// How many ids may be generated, if it isn't all: calm's own key, which others don't read.
    var generatedCount: Int? {
        guard case .gguf(let file, _) = source else { return optionalInteger(ModelFamily.generatedCountKey) }
        return file.value("calm.\(ModelFamily.generatedCountKey)")?.integer
    }

    /// The same from GGUF metadata.
    func gatedDecoder(_ file: GGUFFile, activation: Activation = .silu) -> DecoderConfiguration {
        var variant = DecoderVariant()
        let (width, heads) = (integer("embedding_length"), integer("attention.head_count"))
        variant.keyValueHeads = integer("attention.head_count_kv", default: heads)
        variant.headWidth = integer("attention.key_length", default: max(1, width / heads))
        if let values = optionalInteger("attention.value_length"), values != variant.headWidth {
            fail("keys of \(variant.headWidth ?? 0) columns a head and values of \(values), expected as many")
        }
        variant.isGated = true
        variant.activation = activation
        return DecoderConfiguration(
            vocabulary: vocabulary(file), outputVocabulary: generatedCount, width: width,
            layers: layerCount("block_count"), heads: heads,
            hiddenWidth: integer("feed_forward_length"),
            normEpsilon: Float(number("attention.layer_norm_rms_epsilon")),
            tiedHead: !TensorNames.llamaOfGGUF.hasOutput(in: file), variant: variant)
    }

    /// Layers, few enough to list.
    func layerCount(_ key: String) -> Int {
        let count = integer(key)
        if count > 10_000 {
            fail("\(count) layers, expected at most 10,000")
            return 1
        }
        return count
    }

    /// Rows of the embedding: files often don't say, or say less than there are.
    func vocabulary(_ file: GGUFFile) -> Int {
        if let table = file["token_embd.weight"], table.shape.count == 2, table.rows > 0 { return table.rows }
        return integer("vocab_size")
    }

    /// For each layer whether it is local, as `layer_types` says; nil if it says nothing.
    func localLayers(_ count: Int) -> [Bool]? {
        guard let list = node("layer_types") else { return nil }
        let types = list.elements?.map(\.string) ?? []
        guard types.count == count else {
            fail("key 'layer_types': \(types.count) layers, expected \(count)")
            return nil
        }
        return types.map { type in
            if type != "sliding_attention" && type != "full_attention" {
                fail("key 'layer_types': '\(type ?? "")', expected full_attention or sliding_attention")
            }
            return type == "sliding_attention"
        }
    }

    /// Refuses a value that the decoder can't honour.
    func expect(_ key: String, _ isExpected: (Bool) -> Bool, default standard: Bool, _ expected: String) {
        if !isExpected(boolean(key, default: standard)) { fail("key '\(key)': expected \(expected)") }
    }
}
