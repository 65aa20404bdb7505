import NeuralNetworks
import Tensors

/// What a family does otherwise than the plain decoder, which is every property's default. As JSON: the property names;
/// unknown keys are refused.
package struct DecoderVariant: Sendable, Codable, Equatable {
    /// Heads of keys and values; nil: as many as of queries.
    package var keyValueHeads: Int?
    /// Columns of a head; nil: the model's width divided by its heads.
    package var headWidth: Int?
    package var norm = Norm.Kind.rms
    /// Whether queries and keys are RMS-normalised, head by head.
    package var normalizesHeads = false
    /// Whether what a half of a block adds is normalised, too.
    package var normalizesOutputs = false
    package var hasAttentionBias = false
    package var hasAttentionOutputBias = false
    package var hasMLPBias = false
    package var activation = Activation.gelu
    package var isGated = false
    /// For each layer, how many positions it sees, its own included; nil: all. Empty: all layers see all.
    package var windows: [Int?] = []
    /// For each layer, its rotary positions. Empty: as the configuration's `positions` say.
    package var rotary: [RotaryPositions] = []
    /// What attention scores are multiplied by; nil: 1 / √(columns of a head).
    package var scoreScale: Float?
    /// Attention scores become c tanh(score / c).
    package var scoreCap: Float?
    /// Logits become c tanh(logit / c).
    package var logitCap: Float?
    /// What embeddings are multiplied by as they enter.
    package var embeddingScale: Float = 1

    package static let plain = DecoderVariant()

    package init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case keyValueHeads, headWidth, norm, normalizesHeads, normalizesOutputs, hasAttentionBias
        case hasAttentionOutputBias, hasMLPBias, activation, isGated, windows, rotary, scoreScale, scoreCap, logitCap
        case embeddingScale
    }

    package init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        keyValueHeads = try values.decodeIfPresent(Int.self, forKey: .keyValueHeads)
        headWidth = try values.decodeIfPresent(Int.self, forKey: .headWidth)
        norm = try values.decode(Norm.Kind.self, forKey: .norm)
        normalizesHeads = try values.decode(Bool.self, forKey: .normalizesHeads)
        normalizesOutputs = try values.decode(Bool.self, forKey: .normalizesOutputs)
        hasAttentionBias = try values.decode(Bool.self, forKey: .hasAttentionBias)
        hasAttentionOutputBias = try values.decode(Bool.self, forKey: .hasAttentionOutputBias)
        hasMLPBias = try values.decode(Bool.self, forKey: .hasMLPBias)
        activation = try values.decode(Activation.self, forKey: .activation)
        isGated = try values.decode(Bool.self, forKey: .isGated)
        windows = try values.decode([Int?].self, forKey: .windows)
        rotary = try values.decode([RotaryPositions].self, forKey: .rotary)
        scoreScale = try values.decodeIfPresent(Float.self, forKey: .scoreScale)
        scoreCap = try values.decodeIfPresent(Float.self, forKey: .scoreCap)
        logitCap = try values.decodeIfPresent(Float.self, forKey: .logitCap)
        embeddingScale = try values.decode(Float.self, forKey: .embeddingScale)
    }
}

extension DecoderConfiguration {
    /// Columns of a head.
    package var headWidth: Int { variant.headWidth ?? width / heads }
    /// Heads of keys and values.
    package var keyValueHeads: Int { variant.keyValueHeads ?? heads }
    /// Columns of a layer's keys, and of its values.
    package var keyValueWidth: Int { keyValueHeads * headWidth }

    package func attentionHeads(layer: Int) -> AttentionHeads {
        AttentionHeads(
            count: heads, keyValueCount: keyValueHeads, width: headWidth,
            window: variant.windows.isEmpty ? nil : variant.windows[layer], scale: variant.scoreScale,
            cap: variant.scoreCap)
    }

    package func rotaryPositions(layer: Int) -> RotaryPositions? {
        if !variant.rotary.isEmpty { return variant.rotary[layer] }
        if case .rotary(let base) = positions { return RotaryPositions(base: base) }
        return nil
    }

    /// Elements of the matrices of a block.
    package var blockMatrixElements: Int {
        let attention = width * (2 * heads * headWidth + 2 * keyValueWidth)
        return attention + width * hiddenWidth * (variant.isGated ? 3 : 2)
    }

    /// Throws if no decoder has this variant.
    func validateVariant() throws(ConfigurationError) {
        for (name, value) in [
            ("keyValueHeads", variant.keyValueHeads), ("headWidth", variant.headWidth),
        ] {
            if let value, value < 1 { throw ConfigurationError("\(name) is \(value), at least 1 needed") }
        }
        guard variant.headWidth != nil || width % heads == 0 else {
            throw ConfigurationError("a width of \(width) doesn't divide into \(heads) heads")
        }
        guard heads % keyValueHeads == 0 else {
            throw ConfigurationError("\(heads) heads can't share \(keyValueHeads) heads of keys and values evenly")
        }
        guard variant.isGated || variant.activation == .gelu else {
            throw ConfigurationError("an MLP without a gate has gelu, not \(variant.activation.rawValue)")
        }
        guard variant.windows.isEmpty || variant.windows.count == layers else {
            throw ConfigurationError("\(variant.windows.count) windows for \(layers) layers")
        }
        if let window = variant.windows.compactMap({ $0 }).first(where: { $0 < 1 }) {
            throw ConfigurationError("a window of \(window), at least 1 needed")
        }
        guard variant.rotary.isEmpty || variant.rotary.count == layers else {
            throw ConfigurationError("rotary positions of \(variant.rotary.count) layers for \(layers)")
        }
        for layer in 0..<layers {
            guard let rotary = rotaryPositions(layer: layer) else { continue }
            let turned = rotary.turned(of: headWidth)
            guard turned > 0, turned % 2 == 0, turned <= headWidth else {
                let found = turned == width / heads ? "\(width)/\(heads) = \(turned)" : "\(turned) of \(headWidth)"
                throw ConfigurationError("rotary positions need heads of even width, \(found)")
            }
            if case .single(let frequencies) = rotary.frequencies, !frequencies.allSatisfy(\.isFinite) {
                throw ConfigurationError("rotary frequencies must be numbers")
            }
            if let longest = rotary.longest, longest < 1 {
                throw ConfigurationError("rotary positions for texts of \(longest) tokens, at least 1 needed")
            }
        }
        for (name, value) in [
            ("scoreCap", variant.scoreCap), ("logitCap", variant.logitCap), ("scoreScale", variant.scoreScale),
            ("embeddingScale", variant.embeddingScale),
        ] {
            if let value, !(value > 0 && value.isFinite) {
                throw ConfigurationError("\(name) is \(value), a positive number needed")
            }
        }
    }
}
