import Tensors

extension DecoderExport {
    /// A decoder without a gate as one with layer norms and biases, which computes the same: as GPT-2 or GPT-NeoX.
    ///
    /// A LayerNorm subtracts the mean, so the stream is carried twice, the second time negated: its mean is zero, its mean
    /// square that of the stream. Heads are twice as wide, the second half empty, and queries are scaled for that.
    func doubled() throws(ConfigurationError) -> DecoderExport {
        let own = configuration
        let (width, head, heads) = (own.width, own.headWidth, own.heads)
        var variant = DecoderVariant()
        variant.norm = .layer
        variant.hasAttentionBias = true
        variant.hasAttentionOutputBias = true
        variant.hasMLPBias = true
        if case .rotary(let base) = own.positions {
            let rotary = RotaryDescription(base: base, turned: head).positions()
            variant.rotary = Array(repeating: rotary, count: own.layers)
        }
        let doubled = DecoderConfiguration(
            vocabulary: own.vocabulary, outputVocabulary: own.outputVocabulary, width: 2 * width, layers: own.layers,
            heads: heads, hiddenWidth: own.hiddenWidth, positions: own.positions, normEpsilon: own.normEpsilon,
            tiedHead: false, variant: variant)
        let sizes = Dictionary(try Decoder.declaredTensors(doubled).map { ($0.name, $0.shape[0]) }) { $1 }
        let zeros = [Float](repeating: 0, count: 2 * width)
        /// Reads the first half of the stream.
        @Sendable func reading(_ name: String, _ row: Int) throws -> [Float] {
            try rows(name, row..<row + 1) + zeros[..<width]
        }
        /// Writes to both halves.
        @Sendable func writing(_ name: String, _ row: Int) throws -> [Float] {
            row < width
                ? try rows(name, row..<row + 1) : try rows(name, row - width..<row - width + 1).map { -$0 }
        }
        @Sendable func row(_ name: String, _ row: Int) throws -> [Float] {
            let parts = name.split(separator: ".")
            switch parts.suffix(2).joined(separator: ".") {
            case "embedding.weight", "positions.weight":
                let values = try rows(name, row..<row + 1)
                return values + values.map { -$0 }
            case "qkv.weight":
                // Queries, keys and values, head after head, each head followed by as many empty rows.
                let span = 2 * head * heads
                let (part, place) = (row / span, row % span)
                guard place % (2 * head) < head else { return zeros }
                let values = try reading(
                    name, part * heads * head + place / (2 * head) * head + place % (2 * head))
                // Scores are divided by √(2 head) instead of √head.
                return part == 0 ? values.map { $0 * Float(2).squareRoot() } : values
            case "up.weight": return try reading(name, row)
            case "down.weight": return try writing(name, row)
            case "output.weight" where parts.count > 2:
                let values = try writing(name, row)
                return (0..<heads).flatMap { Array(values[$0 * head..<($0 + 1) * head]) + zeros[..<head] }
            case "output.weight": return try reading(own.tiedHead ? "embedding.weight" : name, row)
            default:
                if name.hasSuffix(".bias") { return [Float](repeating: 0, count: sizes[name] ?? 0) }
                // Nothing reads the second half behind a norm.
                return try rows(name, 0..<1) + zeros[..<width]
            }
        }
        return try DecoderExport(doubled) { name, range in
            if range.count == 1 { return try row(name, range.lowerBound) }
            return try range.flatMap { try row(name, $0) }
        }
    }
}
