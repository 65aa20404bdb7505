import Artifacts
import Composition
import LanguageModels
import Pipelines
import Tokenization

/// A model that a composition joins: one that was trained here, or one from outside, whose weights stay in its files.
struct JoinedModel {
    let decoder: Decoder
    let text: TextInterface
    /// The longest text that it was made for, as far as it says.
    let contextLength: Int?
    /// One from outside, whose files are read as it runs.
    let opened: TextModel?
    /// Whether it is from outside, perhaps trained further.
    let isFromOutside: Bool
    /// Of the weights of one that was trained here.
    private let weights: Digest?

    /// - Parameter verifies: Whether the plain files of a model from outside are compared with their digests, or only their
    ///   times and sizes.
    /// - Throws: `StageFailure` (bad input) naming the artifact and what is wrong with it.
    init(_ artifact: Artifact, tasks: TaskRegistry, verifies: Bool = true) throws {
        if artifact.manifest.type == .pretrainedModel {
            let model = try ImportedModel.open(artifact, verifies: verifies)
            guard let pretrained = model.pretrained else { preconditionFailure("an imported model is pretrained") }
            (decoder, text, contextLength) = (pretrained.decoder, model.text, model.contextLength)
            (opened, weights, isFromOutside) = (model, nil, true)
        } else {
            let stored = try StoredModel(artifact, tasks: tasks)
            decoder = stored.decoder
            text = try TextInterface(trained: artifact, tasks: tasks)
            contextLength = stored.origin?.contextLength
            (opened, weights, isFromOutside) = (nil, stored.weights, stored.origin != nil)
        }
        guard decoder.configuration.vocabulary >= tokenizer.vocabularyCount else {
            throw StageFailure(
                .badInput,
                "the model \(artifact.digest.short) has \(decoder.configuration.vocabulary) tokens, its tokenizer "
                    + "\(tokenizer.vocabularyCount); expected no fewer")
        }
    }

    var tokenizer: any Tokenizer { text.tokenizer }

    /// How this model reads along with an anchor; nil if it reads the anchor's tokens.
    ///
    /// - Parameter isOrdinary: Whether models that share the anchor's tokenizer read its very tokens: the anchor reads no prefix
    ///   that they don't, and the connections act everywhere.
    func alignment(
        to anchor: JoinedModel, _ openChunk: OpenChunk, _ acts: Acting, _ mask: CrossMask, isOrdinary: Bool
    ) -> TextAlignment? {
        isOrdinary && tokenizer.digest == anchor.tokenizer.digest
            ? nil
            : TextAlignment(
                anchor: anchor.tokenizer, augmenting: tokenizer, openChunk: openChunk, acts: acts,
                readsAnswers: mask != .prompt, longest: [contextLength, decoder.maximumLength].compactMap { $0 }.min())
    }

    /// Compares the frozen weights with what they came from: the blob, or the files that are mapped.
    ///
    /// - Throws: `StageFailure`.
    func check(_ decoder: Decoder) throws {
        if let opened { return try reportingBadInput("a model that is composed") { try opened.check() } }
        if let weights, Digest(of: decoder.safetensors()) != weights {
            throw StageFailure(.failed, "training changed the frozen weights \(weights.short): a defect in calm")
        }
    }
}

extension CompositionConfiguration {
    /// How these models read along with their anchor.
    func alignments(_ augmenting: [JoinedModel], to anchor: JoinedModel) -> [TextAlignment?] {
        augmenting.map {
            $0.alignment(
                to: anchor, openChunk ?? .provisional, acts ?? .everywhere, mask,
                isOrdinary: prefix == nil && acts != .afterPrompt)
        }
    }
}
