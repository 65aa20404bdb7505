import Checkpoints
import Tensors

extension Decoder {
    /// The decoder as a GGUF file that llama.cpp runs.
    ///
    /// - One with a gate is of the architecture `llama`, whose rotation turns neighbouring elements: the rows of queries and keys
    ///   are reordered accordingly.
    /// - One without is of the architecture `gptneox`, which has the same MLP. Its LayerNorm subtracts the mean, so the stream
    ///   is carried twice, the second time negated: its mean is zero, its mean square that of the stream. Queries are scaled
    ///   for the heads, which are twice as wide, too.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16` for matrices; norms stay in `.f32`.
    ///   - tokenizer: The keys of `tokenizer.ggml`. Without them llama.cpp takes ids alone.
    /// - Throws: `ConfigurationError` if no architecture has such a decoder.
    package func ggufExport(
        type: ElementType = .f32, name: String, contextLength: Int,
        tokenizer: [(key: String, value: GGUFExport.Value)] = []
    ) throws(ConfigurationError) -> GGUFExport {
        let source = try DecoderExport(self)
        var export = GGUFExport(architecture: configuration.variant.isGated ? "llama" : "gptneox")
        export.set("general.name", .string(name))
        if configuration.variant.isGated {
            source.addLlama(to: &export, type, contextLength)
        } else {
            source.addNeoX(to: &export, type, contextLength)
        }
        if tokenizer.isEmpty { export.set("tokenizer.ggml.model", .string("no_vocab")) }
        for (key, value) in tokenizer { export.set(key, value) }
        return export
    }
}

extension DecoderExport {
    private func setCommon(_ export: inout GGUFExport, _ architecture: String, width: Int, _ contextLength: Int) {
        for (key, value) in [
            ("vocab_size", configuration.vocabulary), ("context_length", contextLength), ("embedding_length", width),
            ("block_count", configuration.layers), ("feed_forward_length", configuration.hiddenWidth),
            ("rope.dimension_count", configuration.headWidth), ("attention.head_count", configuration.heads),
        ] { export.set("\(architecture).\(key)", .uint32(UInt32(value))) }
        export.set("\(architecture).rope.freq_base", .float32(rotaryBase))
    }

    fileprivate func addLlama(to export: inout GGUFExport, _ type: ElementType, _ contextLength: Int) {
        let (width, hidden, head) = (configuration.width, configuration.hiddenWidth, configuration.headWidth)
        setCommon(&export, "llama", width: width, contextLength)
        export.set("llama.attention.head_count_kv", .uint32(UInt32(configuration.keyValueHeads)))
        export.set("llama.attention.key_length", .uint32(UInt32(head)))
        export.set("llama.attention.value_length", .uint32(UInt32(head)))
        export.set("llama.attention.layer_norm_rms_epsilon", .float32(configuration.normEpsilon))
        func add(_ name: String, _ own: String, _ rows: Range<Int>, _ columns: Int) {
            export.add(tensor("\(name).weight", "\(own).weight", rows: rows, columns: columns, type))
        }
        /// Row 2j of a head is its row j, row 2j + 1 its row j + half.
        func addTurned(_ name: String, _ own: String, _ rows: Range<Int>) {
            export.add(
                ExportedTensor("\(name).weight", shape: [rows.count, width], type: type) { range in
                    range.flatMap { row in
                        let place = row % head
                        let from = rows.lowerBound + row - place + place / 2 + place % 2 * head / 2
                        return self.rows("\(own).weight", from..<from + 1)
                    }
                })
        }
        add("token_embd", "embedding", 0..<configuration.vocabulary, width)
        let (queries, keyValues) = (queryWidth, keyValueWidth)
        for layer in 0..<configuration.layers {
            let (theirs, own) = ("blk.\(layer)", "blocks.\(layer)")
            export.add(vector("\(theirs).attn_norm.weight", "\(own).attention_norm.weight"))
            addTurned("\(theirs).attn_q", "\(own).attention.qkv", 0..<queries)
            addTurned("\(theirs).attn_k", "\(own).attention.qkv", queries..<queries + keyValues)
            add("\(theirs).attn_v", "\(own).attention.qkv", queries + keyValues..<queries + 2 * keyValues, width)
            add("\(theirs).attn_output", "\(own).attention.output", 0..<width, queries)
            export.add(vector("\(theirs).ffn_norm.weight", "\(own).mlp_norm.weight"))
            add("\(theirs).ffn_gate", "\(own).mlp.up", 0..<hidden, width)
            add("\(theirs).ffn_up", "\(own).mlp.up", hidden..<2 * hidden, width)
            add("\(theirs).ffn_down", "\(own).mlp.down", 0..<width, hidden)
        }
        export.add(vector("output_norm.weight", "norm.weight"))
        if !configuration.tiedHead { add("output", "output", 0..<configuration.vocabulary, width) }
    }

    fileprivate func addNeoX(to export: inout GGUFExport, _ type: ElementType, _ contextLength: Int) {
        let (width, hidden, head) = (configuration.width, configuration.hiddenWidth, configuration.headWidth)
        let heads = configuration.heads
        setCommon(&export, "gptneox", width: 2 * width, contextLength)
        export.set("gptneox.use_parallel_residual", .bool(false))
        export.set("gptneox.attention.layer_norm_epsilon", .float32(configuration.normEpsilon))
        let zeros = [Float](repeating: 0, count: 2 * width)
        func add(_ name: String, _ shape: [Int], _ type: ElementType, _ rows: @escaping @Sendable (Int) -> [Float]) {
            export.add(ExportedTensor(name, shape: shape, type: type) { $0.flatMap(rows) })
        }
        func addZeros(_ name: String, _ count: Int) {
            add(name, [count], .f32) { _ in [Float](repeating: 0, count: count) }
        }
        func addNorm(_ name: String, _ own: String) {
            // Nothing reads the second half behind a norm.
            add("\(name).weight", [2 * width], .f32) { _ in rows("\(own).weight", 0..<1) + zeros[..<width] }
            addZeros("\(name).bias", 2 * width)
        }
        /// Reads the first half of the stream.
        @Sendable func reading(_ own: String, _ row: Int) -> [Float] {
            rows("\(own).weight", row..<row + 1) + zeros[..<width]
        }
        /// Writes to both halves.
        @Sendable func writing(_ own: String, _ row: Int) -> [Float] {
            row < width
                ? rows("\(own).weight", row..<row + 1)
                : rows("\(own).weight", row - width..<row - width + 1).map { -$0 }
        }
        let vocabulary = configuration.vocabulary
        add("token_embd.weight", [vocabulary, 2 * width], type) { row in
            let embedding = rows("embedding.weight", row..<row + 1)
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
                let values = reading("\(own).attention.qkv", from)
                // Scores are divided by √(2 head) instead of √head.
                return part == 0 ? values.map { $0 * Float(2).squareRoot() } : values
            }
            addZeros("\(theirs).attn_qkv.bias", 3 * span)
            add("\(theirs).attn_output.weight", [2 * width, span], type) { row in
                let values = writing("\(own).attention.output", row)
                return (0..<heads).flatMap { Array(values[$0 * head..<($0 + 1) * head]) + zeros[..<head] }
            }
            addZeros("\(theirs).attn_output.bias", 2 * width)
            addNorm("\(theirs).ffn_norm", "\(own).mlp_norm")
            add("\(theirs).ffn_up.weight", [hidden, 2 * width], type) { reading("\(own).mlp.up", $0) }
            addZeros("\(theirs).ffn_up.bias", hidden)
            add("\(theirs).ffn_down.weight", [2 * width, hidden], type) { writing("\(own).mlp.down", $0) }
            addZeros("\(theirs).ffn_down.bias", 2 * width)
        }
        addNorm("output_norm", "norm")
        let output = configuration.tiedHead ? "embedding" : "output"
        add("output.weight", [vocabulary, 2 * width], type) { reading(output, $0) }
    }
}
