/// The shape of a ``Decoder``. As JSON: the property names; unknown keys are refused.
package struct DecoderConfiguration: Sendable, Codable, Equatable {
    /// How a token's place enters the model.
    package enum Positions: Sendable, Equatable {
        /// Rotated queries and keys.
        case rotary(base: Float)
        /// A learned vector added to each of the first `maximum` positions.
        case learned(maximum: Int)
    }

    /// Number of token ids.
    package var vocabulary: Int
    /// The model can only produce ids below this.
    package var outputVocabulary: Int
    package var width: Int
    package var layers: Int
    package var heads: Int
    /// Width of the MLP's hidden layer.
    package var hiddenWidth: Int
    package var positions: Positions
    package var normEpsilon: Float
    /// Standard deviation of the initial embeddings. Matrices start at 1/√inputs; those that write to the residual stream
    /// are divided by √(2 layers) as well.
    package var embeddingDeviation: Float
    /// The same for the embeddings of ids that are only read, those from `outputVocabulary` on.
    package var readOnlyDeviation: Float
    /// Whether the output head is the embedding table.
    package var tiedHead: Bool
    /// What the model's family does otherwise; JSON without it means a plain decoder.
    package var variant: DecoderVariant

    package init(
        vocabulary: Int, outputVocabulary: Int? = nil, width: Int, layers: Int, heads: Int, hiddenWidth: Int? = nil,
        positions: Positions = .rotary(base: 10_000), normEpsilon: Float = 1e-5, embeddingDeviation: Float = 0.5,
        readOnlyDeviation: Float? = nil, tiedHead: Bool = false, variant: DecoderVariant = .plain
    ) {
        self.vocabulary = vocabulary
        self.outputVocabulary = outputVocabulary ?? vocabulary
        self.width = width
        self.layers = layers
        self.heads = heads
        self.hiddenWidth = hiddenWidth ?? 4 * width
        self.positions = positions
        self.normEpsilon = normEpsilon
        self.embeddingDeviation = embeddingDeviation
        self.readOnlyDeviation = readOnlyDeviation ?? embeddingDeviation
        self.tiedHead = tiedHead
        self.variant = variant
    }

    /// Throws if no decoder has this shape.
    package func validate() throws(ConfigurationError) {
        for (name, value) in [
            ("vocabulary", vocabulary), ("outputVocabulary", outputVocabulary), ("width", width), ("layers", layers),
            ("heads", heads), ("hiddenWidth", hiddenWidth),
        ] where value < 1 {
            throw ConfigurationError("\(name) is \(value), at least 1 needed")
        }
        guard outputVocabulary <= vocabulary else {
            throw ConfigurationError(
                "outputVocabulary is \(outputVocabulary), more than the vocabulary's \(vocabulary)")
        }
        guard normEpsilon > 0, normEpsilon.isFinite else {
            throw ConfigurationError("normEpsilon is \(normEpsilon), a positive number needed")
        }
        for (name, value) in [("embeddingDeviation", embeddingDeviation), ("readOnlyDeviation", readOnlyDeviation)]
        where !(value >= 0 && value.isFinite) {
            throw ConfigurationError("\(name) is \(value), not a standard deviation")
        }
        switch positions {
        case .rotary(let base):
            guard base > 1, base.isFinite else {
                throw ConfigurationError("the rotary base is \(base), more than 1 needed")
            }
        case .learned(let maximum):
            guard maximum >= 1 else { throw ConfigurationError("\(maximum) learned positions, at least 1 needed") }
        }
        try validateVariant()
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case vocabulary, outputVocabulary, width, layers, heads, hiddenWidth, positions, normEpsilon
        case embeddingDeviation, readOnlyDeviation, tiedHead, variant
    }

    package init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        vocabulary = try values.decode(Int.self, forKey: .vocabulary)
        outputVocabulary = try values.decode(Int.self, forKey: .outputVocabulary)
        width = try values.decode(Int.self, forKey: .width)
        layers = try values.decode(Int.self, forKey: .layers)
        heads = try values.decode(Int.self, forKey: .heads)
        hiddenWidth = try values.decode(Int.self, forKey: .hiddenWidth)
        positions = try values.decode(Positions.self, forKey: .positions)
        normEpsilon = try values.decode(Float.self, forKey: .normEpsilon)
        embeddingDeviation = try values.decode(Float.self, forKey: .embeddingDeviation)
        readOnlyDeviation = try values.decode(Float.self, forKey: .readOnlyDeviation)
        tiedHead = try values.decode(Bool.self, forKey: .tiedHead)
        variant = try values.decodeIfPresent(DecoderVariant.self, forKey: .variant) ?? .plain
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(vocabulary, forKey: .vocabulary)
        try values.encode(outputVocabulary, forKey: .outputVocabulary)
        try values.encode(width, forKey: .width)
        try values.encode(layers, forKey: .layers)
        try values.encode(heads, forKey: .heads)
        try values.encode(hiddenWidth, forKey: .hiddenWidth)
        try values.encode(positions, forKey: .positions)
        try values.encode(normEpsilon, forKey: .normEpsilon)
        try values.encode(embeddingDeviation, forKey: .embeddingDeviation)
        try values.encode(readOnlyDeviation, forKey: .readOnlyDeviation)
        try values.encode(tiedHead, forKey: .tiedHead)
        // Left out of a plain decoder's, so that its JSON is what it always was.
        if variant != .plain { try values.encode(variant, forKey: .variant) }
    }
}

/// As JSON: `{"rotary": base}` or `{"learned": maximum}`.
extension DecoderConfiguration.Positions: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case rotary, learned }

    package init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        guard let key = values.allKeys.first, values.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "expected either rotary or learned"))
        }
        switch key {
        case .rotary: self = .rotary(base: try values.decode(Float.self, forKey: key))
        case .learned: self = .learned(maximum: try values.decode(Int.self, forKey: key))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .rotary(let base): try values.encode(base, forKey: .rotary)
        case .learned(let maximum): try values.encode(maximum, forKey: .learned)
        }
    }
}

/// No model has this configuration.
package struct ConfigurationError: Error, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
