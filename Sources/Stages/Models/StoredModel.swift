import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// A decoder as an artifact: configuration, weights and the tokenizer that its ids belong to; of one that came from outside and
/// was trained further, also what it keeps of that one (``ModelOrigin``).
package struct StoredModel: Sendable {
    package static let configurationMember = "config.json"
    package static let weightsMember = "weights.safetensors"

    package let decoder: Decoder
    package let tokenizer: any Tokenizer
    let tokenizerMembers: [(name: String, bytes: Data)]
    /// What it keeps of the model from outside that it started from; nil if it came from nowhere else.
    package let origin: ModelOrigin?

    /// The tokenizer's files, if it has the form that Hugging Face's libraries read.
    package var huggingFaceTokenizer: [(name: String, bytes: Data)]? {
        tokenizer is SubwordTokenizer && tokenizerMembers.contains { $0.name == StoredTokenizer.member }
            ? tokenizerMembers : nil
    }
    /// Of the weights' blob.
    let weights: Digest

    /// - Throws: `StageFailure` (bad input) naming the artifact and what is wrong with it.
    package init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        do {
            let configuration = try JSONDecoder().decode(
                DecoderConfiguration.self, from: try artifact.data(StoredModel.configurationMember))
            let file = try artifact.data(StoredModel.weightsMember)
            decoder = try Decoder(configuration, weights: file)
            weights = Digest(of: file)
            let stored = try StoredTokenizer(artifact, tasks: tasks)
            (tokenizer, tokenizerMembers) = (stored.tokenizer, stored.members)
            origin = try ModelOrigin(artifact)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StageFailure(.badInput, "model \(artifact.digest.short) can't be loaded: \(error)")
        }
        guard configurationFits else {
            throw StageFailure(
                .badInput,
                "model \(artifact.digest.short) has \(decoder.configuration.vocabulary) tokens, its tokenizer "
                    + "\(tokenizer.vocabularyCount)")
        }
    }

    /// A model that came from outside may have rows for tokens that its tokenizer never got.
    private var configurationFits: Bool { decoder.configuration.vocabulary >= tokenizer.vocabularyCount }

    /// The members of a model's artifact.
    static func members(
        _ decoder: Decoder, tokenizer: [(name: String, bytes: Data)], origin: ModelOrigin?
    ) throws -> [(name: String, bytes: Data)] {
        let own = [
            (name: configurationMember, bytes: try prettyJSON(decoder.configuration)),
            (name: weightsMember, bytes: decoder.safetensors()),
        ]
        return try own + tokenizer + (origin?.members ?? [])
    }

    /// The model with the formats and the text of the one from outside that it started from; nil if it came from nowhere else.
    ///
    /// - Throws: `StageFailure` (bad input).
    package var pretrained: PretrainedModel? {
        get throws {
            try origin.map { origin in
                try reportingBadInput("the model that was trained further") {
                    try PretrainedModel(origin, trained: decoder)
                }
            }
        }
    }
}

extension PretrainedModel {
    /// A model from outside that was trained further, from its artifact.
    ///
    /// - Throws: `StageFailure` (bad input), also if the model didn't come from outside.
    init(trained artifact: Artifact, tasks: TaskRegistry) throws {
        guard let model = try StoredModel(artifact, tasks: tasks).pretrained else {
            throw StageFailure(.badInput, "the model \(artifact.digest.short) has no \(ModelOrigin.familyMember)")
        }
        self = model
    }
}

extension ModelOrigin {
    /// - Throws: `CheckpointError`, `StoreError`.
    init?(_ artifact: Artifact) throws {
        try self.init(members: artifact.manifest.members.keys) { try artifact.data($0) }
    }
}

/// JSON for people, with sorted keys: the same value gives the same bytes.
func prettyJSON(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
}
