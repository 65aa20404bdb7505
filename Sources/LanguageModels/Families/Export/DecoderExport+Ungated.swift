import Checkpoints
import JSONReading
import Tensors

extension DecoderExport {
    /// A decoder without a gate as a Llama, whose MLP has one: the gate becomes the decoder's hidden layer, and multiplies it by
    /// ones: by a bias, over weights of zero.
    func ungatedHuggingFace(
        _ type: ElementType, contextLength: Int, rotaryBase: Float, beginToken: Int?, endTokens: [Int]
    ) -> HuggingFaceExport {
        let (width, hidden) = (configuration.width, configuration.hiddenWidth)
        var json: JSONMembers = [
            "architectures": .array([.string("LlamaForCausalLM")]), "model_type": .string("llama"),
            "attention_bias": .bool(false), "attention_dropout": .double(0),
            "bos_token_id": beginToken.map(JSONNode.int) ?? .null,
            "eos_token_id": endTokens.count == 1
                ? .int(endTokens[0]) : endTokens.isEmpty ? .null : .array(endTokens.map(JSONNode.int)),
            "head_dim": .int(configuration.headWidth), "hidden_act": .string("gelu_pytorch_tanh"),
            "hidden_size": .int(width), "initializer_range": .double(0.02), "intermediate_size": .int(hidden),
            "max_position_embeddings": .int(contextLength), "mlp_bias": .bool(true),
            "num_attention_heads": .int(configuration.heads), "num_hidden_layers": .int(configuration.layers),
            "num_key_value_heads": .int(configuration.keyValueHeads), "pad_token_id": .null,
            "rms_norm_eps": .double(Double(configuration.normEpsilon)), "rope_scaling": .null,
            "rope_theta": .double(Double(rotaryBase)), "tie_word_embeddings": .bool(configuration.tiedHead),
            "torch_dtype": .string(Self.typeName(type)), "use_cache": .bool(true),
            "vocab_size": .int(configuration.vocabulary),
        ]
        if configuration.outputVocabulary < configuration.vocabulary {
            _ = json.append(ModelFamily.generatedCountKey, .int(configuration.outputVocabulary))
        }
        var export = HuggingFaceExport(configuration: json)
        func add(_ name: String, _ own: String, _ rows: Range<Int>, _ columns: Int) {
            export.add(matrixOf("\(name).weight", "\(own).weight", rows: rows, columns: columns, type))
        }
        add("model.embed_tokens", "embedding", 0..<configuration.vocabulary, width)
        let (queries, keyValues) = (configuration.heads * configuration.headWidth, configuration.keyValueWidth)
        for layer in 0..<configuration.layers {
            let (theirs, own) = ("model.layers.\(layer)", "blocks.\(layer)")
            export.add(vectorOf("\(theirs).input_layernorm.weight", "\(own).attention_norm.weight", type))
            let attention = "\(own).attention.qkv"
            add("\(theirs).self_attn.q_proj", attention, 0..<queries, width)
            add("\(theirs).self_attn.k_proj", attention, queries..<queries + keyValues, width)
            add("\(theirs).self_attn.v_proj", attention, queries + keyValues..<queries + 2 * keyValues, width)
            add("\(theirs).self_attn.o_proj", "\(own).attention.output", 0..<width, queries)
            export.add(vectorOf("\(theirs).post_attention_layernorm.weight", "\(own).mlp_norm.weight", type))
            add("\(theirs).mlp.gate_proj", "\(own).mlp.up", 0..<hidden, width)
            add("\(theirs).mlp.down_proj", "\(own).mlp.down", 0..<width, hidden)
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
        export.add(vectorOf("model.norm.weight", "norm.weight", type))
        if !configuration.tiedHead { add("lm_head", "output", 0..<configuration.vocabulary, width) }
        return export
    }

    private func matrixOf(
        _ name: String, _ own: String, rows: Range<Int>, columns: Int, _ type: ElementType
    ) -> ExportedTensor {
        ExportedTensor(name, shape: [rows.count, columns], type: type) { range in
            try self.rows(own, rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound)
        }
    }

    private func vectorOf(_ name: String, _ own: String, _ type: ElementType) -> ExportedTensor {
        ExportedTensor(name, shape: [configuration.width], type: type) { _ in try self.rows(own, 0..<1) }
    }
}
