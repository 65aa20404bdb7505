import Checkpoints
import JSONReading
import Tensors

extension DecoderExport {
    /// A decoder without a gate as a `gptneox` of llama.cpp, which has the same MLP.
    ///
    /// Its LayerNorm subtracts the mean, so the stream is carried twice, the second time negated: its mean is zero, its mean
    /// square that of the stream. Queries are scaled for the heads, which are twice as wide, too.
    func ungatedGGUF(_ type: ElementType, name: String, contextLength: Int, rotaryBase: Float) -> GGUFExport {
        var export = GGUFExport(architecture: "gptneox")
        export.set("general.name", .string(name))
        setGeneratedCount(&export)
        let (width, hidden, head) = (configuration.width, configuration.hiddenWidth, configuration.headWidth)
        let heads = configuration.heads
        for (key, value) in [
            ("vocab_size", configuration.vocabulary), ("context_length", contextLength),
            ("embedding_length", 2 * width),
            ("block_count", configuration.layers), ("feed_forward_length", hidden), ("rope.dimension_count", head),
            ("attention.head_count", heads),
        ] { export.set("gptneox.\(key)", .uint32(UInt32(value))) }
        export.set("gptneox.rope.freq_base", .float32(rotaryBase))
        export.set("gptneox.use_parallel_residual", .bool(false))
        export.set("gptneox.attention.layer_norm_epsilon", .float32(configuration.normEpsilon))
        let zeros = [Float](repeating: 0, count: 2 * width)
        func add(
            _ name: String, _ shape: [Int], _ type: ElementType, _ row: @escaping @Sendable (Int) throws -> [Float]
        ) {
            export.add(ExportedTensor(name, shape: shape, type: type) { try $0.flatMap(row) })
        }
        func addZeros(_ name: String, _ count: Int) {
            add(name, [count], .f32) { _ in [Float](repeating: 0, count: count) }
        }
        func addNorm(_ name: String, _ own: String) {
            // Nothing reads the second half behind a norm.
            add("\(name).weight", [2 * width], .f32) { _ in try rows("\(own).weight", 0..<1) + zeros[..<width] }
            addZeros("\(name).bias", 2 * width)
        }
        /// Reads the first half of the stream.
        @Sendable func reading(_ own: String, _ row: Int) throws -> [Float] {
            try rows("\(own).weight", row..<row + 1) + zeros[..<width]
        }
        /// Writes to both halves.
        @Sendable func writing(_ own: String, _ row: Int) throws -> [Float] {
            row < width
                ? try rows("\(own).weight", row..<row + 1)
                : try rows("\(own).weight", row - width..<row - width + 1).map { -$0 }
        }
        let vocabulary = configuration.vocabulary
        add("token_embd.weight", [vocabulary, 2 * width], type) { row in
            let embedding = try rows("embedding.weight", row..<row + 1)
            return embedding + embedding.map { -$0 }
        }
        for layer in 0..<configuration.layers {
            let (theirs, own) = ("blk.\(layer)", "blocks.\(layer)")
            addNorm("\(theirs).attn_norm", "\(own).attention_norm")
            // Queries, keys and values, head after head, each head followed by as many empty rows.
            let span = 2 * head * heads
            add("\(theirs).attn_qkv.weight", [3 * span, 2 * width], type) { row in
                let (part, place) = (row / span, row % span)
                guard place % (2 * head) < head else { return zeros }
                let from = part * heads * head + place / (2 * head) * head + place % (2 * head)
                let values = try reading("\(own).attention.qkv", from)
                // Scores are divided by √(2 head) instead of √head.
                return part == 0 ? values.map { $0 * Float(2).squareRoot() } : values
            }
            addZeros("\(theirs).attn_qkv.bias", 3 * span)
            add("\(theirs).attn_output.weight", [2 * width, span], type) { row in
                let values = try writing("\(own).attention.output", row)
                return (0..<heads).flatMap { Array(values[$0 * head..<($0 + 1) * head]) + zeros[..<head] }
            }
            addZeros("\(theirs).attn_output.bias", 2 * width)
            addNorm("\(theirs).ffn_norm", "\(own).mlp_norm")
            add("\(theirs).ffn_up.weight", [hidden, 2 * width], type) { try reading("\(own).mlp.up", $0) }
            addZeros("\(theirs).ffn_up.bias", hidden)
            add("\(theirs).ffn_down.weight", [2 * width, hidden], type) { try writing("\(own).mlp.down", $0) }
            addZeros("\(theirs).ffn_down.bias", 2 * width)
        }
        addNorm("output_norm", "norm")
        let output = configuration.tiedHead ? "embedding" : "output"
        add("output.weight", [vocabulary, 2 * width], type) { try reading(output, $0) }
        return export
    }

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
