import LanguageModels

/// Which of the augmenting models' states a position of the anchor sees.
package enum CrossMask: String, Sendable, Codable, CaseIterable {
    /// Those up to its own position.
    case causal
    /// Of these, those of the prompt: the augmenting model as an encoder, which never reads what is being answered.
    ///
    /// Source: CALM (arXiv 2401.02412), §4.4, Table 5, "m_A as an encoder".
    case prompt
    /// All that have been read: in training these hold the very tokens that are to be predicted, in generation they don't.
    case none
}

/// The shape of a composition. As JSON: the property names; unknown keys are refused.
package struct CompositionConfiguration: Sendable, Codable, Equatable {
    /// For each augmenting model, where its hidden states enter the anchor.
    package var connections: [[Connection]]
    /// Heads of each cross-attention.
    package var heads: Int
    /// Base of the rotary positions of the cross-attention's queries and keys; nil for none, as in the paper.
    package var rotaryBase: Float?
    /// Whether both hidden states are RMS-normalised before projection and queries; false in the paper.
    package var normalizesInputs: Bool
    package var mask: CrossMask
    /// Whether W_O starts at zero, so that an untrained composition is the anchor; else like any other matrix.
    package var startsAtZero: Bool
    /// From where on the connections act; nil for everywhere.
    package var acts: Acting?
    /// Of augmenting models that have another tokenizer than the anchor; nil if none has.
    package var openChunk: OpenChunk?
    /// Tokens that the anchor alone reads before every text, such as a few examples of a task; nil for none. There the
    /// connections add exactly nothing.
    package var prefix: [Int32]?

    package init(
        connections: [[Connection]], heads: Int, rotaryBase: Float?, normalizesInputs: Bool, mask: CrossMask = .causal,
        startsAtZero: Bool = true, acts: Acting? = nil, openChunk: OpenChunk? = nil, prefix: [Int32]? = nil
    ) {
        self.connections = connections
        self.heads = heads
        self.rotaryBase = rotaryBase
        self.normalizesInputs = normalizesInputs
        self.mask = mask
        self.startsAtZero = startsAtZero
        self.acts = acts
        self.openChunk = openChunk
        self.prefix = prefix
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case connections, heads, rotaryBase, normalizesInputs, mask, startsAtZero, acts, openChunk, prefix
    }

    package init(from decoder: any Swift.Decoder) throws {
        try decoder.refuseKeys(beyond: CodingKeys.allCases.map(\.stringValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        connections = try values.decode([[Connection]].self, forKey: .connections)
        heads = try values.decode(Int.self, forKey: .heads)
        rotaryBase = try values.decodeIfPresent(Float.self, forKey: .rotaryBase)
        normalizesInputs = try values.decode(Bool.self, forKey: .normalizesInputs)
        // Compositions of before have neither.
        mask = try values.decodeIfPresent(CrossMask.self, forKey: .mask) ?? .causal
        startsAtZero = try values.decodeIfPresent(Bool.self, forKey: .startsAtZero) ?? true
        acts = try values.decodeIfPresent(Acting.self, forKey: .acts)
        openChunk = try values.decodeIfPresent(OpenChunk.self, forKey: .openChunk)
        prefix = try values.decodeIfPresent([Int32].self, forKey: .prefix)
    }

    /// Throws if these models can't be joined so.
    func validate(anchor: DecoderConfiguration, augmenting: [DecoderConfiguration], alignments: [TextAlignment?]) throws
    {
        if let prefix {
            guard !alignments.contains(where: { $0 == nil }) else {
                throw CompositionError(
                    "a text for the anchor alone needs tokenizers by which the other texts are aligned")
            }
            if let id = prefix.first(where: { $0 < 0 || $0 >= anchor.vocabulary }) {
                throw CompositionError("the anchor's prefix has the id \(id), the anchor \(anchor.vocabulary) ids")
            }
        }
        guard acts != .afterPrompt || !alignments.contains(where: { $0 == nil }) else {
            throw CompositionError("connections that act after a prompt need tokenizers by which the texts are aligned")
        }
        for (model, alignment) in zip(augmenting, alignments) {
            if let alignment {
                guard mask == .causal || mask == .prompt && acts == .afterPrompt else {
                    throw CompositionError(
                        mask == .prompt
                            ? "the mask 'prompt' needs models that share one tokenizer, or connections that act after the prompt"
                            : "the mask '\(mask.rawValue)' needs models that share one tokenizer")
                }
                guard model.vocabulary >= alignment.augmenting.vocabularyCount else {
                    throw CompositionError(
                        "an augmenting model has \(model.vocabulary) tokens, its tokenizer "
                            + "\(alignment.augmenting.vocabularyCount)")
                }
                continue
            }
            // Positions are shared, and so are ids: the augmenting model must know every token that the anchor may read.
            guard model.vocabulary == anchor.vocabulary else {
                throw CompositionError(
                    "the anchor's vocabulary has \(anchor.vocabulary) tokens, an augmenting model's \(model.vocabulary); "
                        + "expected the same, or tokenizers to align them by")
            }
        }
        guard !augmenting.isEmpty, connections.count == augmenting.count else {
            throw CompositionError("\(augmenting.count) augmenting models, connections for \(connections.count)")
        }
        guard heads >= 1, anchor.width % heads == 0 else {
            throw CompositionError("the anchor's width of \(anchor.width) doesn't divide into \(heads) heads")
        }
        if let rotaryBase {
            guard rotaryBase > 1, rotaryBase.isFinite, anchor.width / heads % 2 == 0 else {
                throw CompositionError(
                    "rotary positions need a base above 1 and heads of even width, found \(rotaryBase) and "
                        + "\(anchor.width / heads)")
            }
        }
        for (model, pairs) in zip(augmenting, connections) {
            _ = try ConnectionChoice.pairs(pairs).connections(
                augmentingLayers: model.layers, anchorLayers: anchor.layers)
        }
    }
}
