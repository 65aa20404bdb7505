import Checkpoints
import JSONReading
import Tensors

extension Decoder {
    /// The decoder as a model of transformers' `LlamaForCausalLM`, which computes the same.
    ///
    /// Llama's MLP has a gate. One without becomes one whose gate is the decoder's hidden layer, and which multiplies that by
    /// ones: by a bias, over weights of zero.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16`.
    ///   - contextLength: What the model says of the longest text that it is for.
    /// - Throws: `ConfigurationError` if Llama has no such decoder.
    package func huggingFaceExport(
        type: ElementType = .f32, contextLength: Int, beginToken: Int? = nil, endTokens: [Int] = []
    ) throws(ConfigurationError) -> HuggingFaceExport {
        let source = try DecoderExport(self)
        let (width, hidden) = (configuration.width, configuration.hiddenWidth)
        let isGated = configuration.variant.isGated
        let types: [ElementType: String] = [.f32: "float32", .f16: "float16", .bf16: "bfloat16"]
        let json: JSONMembers = [
            "architectures": .array([.string("LlamaForCausalLM")]), "model_type": .string("llama"),
            "attention_bias": .bool(false), "attention_dropout": .double(0),
            "bos_token_id": beginToken.map(JSONNode.int) ?? .null,
            "eos_token_id": endTokens.count == 1
                ? .int(endTokens[0]) : endTokens.isEmpty ? .null : .array(endTokens.map(JSONNode.int)),
            "head_dim": .int(configuration.headWidth), "hidden_act": .string(isGated ? "silu" : "gelu_pytorch_tanh"),
            "hidden_size": .int(width), "initializer_range": .double(0.02), "intermediate_size": .int(hidden),
            "max_position_embeddings": .int(contextLength), "mlp_bias": .bool(!isGated),
            "num_attention_heads": .int(configuration.heads), "num_hidden_layers": .int(configuration.layers),
            "num_key_value_heads": .int(configuration.keyValueHeads), "pad_token_id": .null,
            "rms_norm_eps": .double(Double(configuration.normEpsilon)), "rope_scaling": .null,
            "rope_theta": .double(Double(source.rotaryBase)), "tie_word_embeddings": .bool(configuration.tiedHead),
            "torch_dtype": .string(types[type] ?? "float32"), "use_cache": .bool(true),
            "vocab_size": .int(configuration.vocabulary),
        ]
        var export = HuggingFaceExport(configuration: json)
        func add(_ name: String, _ own: String, _ rows: Range<Int>, _ columns: Int) {
            export.add(source.tensor("\(name).weight", "\(own).weight", rows: rows, columns: columns, type))
        }
        add("model.embed_tokens", "embedding", 0..<configuration.vocabulary, width)
        let (queries, keyValues) = (source.queryWidth, source.keyValueWidth)
        for layer in 0..<configuration.layers {
            let (theirs, own) = ("model.layers.\(layer)", "blocks.\(layer)")
            export.add(source.vector("\(theirs).input_layernorm.weight", "\(own).attention_norm.weight", type))
            let attention = "\(own).attention.qkv"
            add("\(theirs).self_attn.q_proj", attention, 0..<queries, width)
            add("\(theirs).self_attn.k_proj", attention, queries..<queries + keyValues, width)
            add("\(theirs).self_attn.v_proj", attention, queries + keyValues..<queries + 2 * keyValues, width)
            add("\(theirs).self_attn.o_proj", "\(own).attention.output", 0..<width, queries)
            export.add(source.vector("\(theirs).post_attention_layernorm.weight", "\(own).mlp_norm.weight", type))
            add("\(theirs).mlp.gate_proj", "\(own).mlp.up", 0..<hidden, width)
            add("\(theirs).mlp.down_proj", "\(own).mlp.down", 0..<width, hidden)
            if isGated {
                add("\(theirs).mlp.up_proj", "\(own).mlp.up", hidden..<2 * hidden, width)
            } else {
                for (name, shape, value) in [
                    ("up_proj.weight", [hidden, width], Float(0)), ("up_proj.bias", [hidden], 1),
                    ("gate_proj.bias", [hidden], 0),
                    ("down_proj.bias", [width], 0),
                ] {
                    export.add(
                        ExportedTensor("\(theirs).mlp.\(name)", shape: shape, type: type) { range in
                            [Float](repeating: value, count: range.count * (shape.last ?? 1))
                        })
                }
            }
        }
        export.add(source.vector("model.norm.weight", "norm.weight", type))
        if !configuration.tiedHead { add("lm_head", "output", 0..<configuration.vocabulary, width) }
        return export
    }
}
