import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Tokenization

/// A composition as an artifact: its own weights and configuration, and the digests of the models that it joins.
package struct StoredComposition: Sendable {
    package static let configurationMember = "config.json"
    package static let weightsMember = "composition.safetensors"

    /// `config.json`.
    package struct Configuration: Codable, Sendable {
        package let composition: CompositionConfiguration
        /// Artifacts of the joined models.
        package let anchor: Digest
        package let augmenting: [Digest]
    }

    package let configuration: Configuration
    package let model: ComposedModel
    package let tokenizer: any Tokenizer
    /// Those of the joined models that are from outside.
    let opened: [TextModel]
    /// The anchor's, as is the longest text: of models that read the anchor's tokens the shortest.
    let text: TextInterface
    let contextLength: Int?
    /// Whether the anchor is from outside, perhaps trained further.
    let answersFromOutside: Bool

    /// Loads the composition and the models that it joins from the artifact's store.
    ///
    /// - Parameter verifies: Whether the files of models from outside are compared with their digests.
    /// - Throws: `StageFailure` (bad input) naming the artifact and what is wrong with it.
    package init(_ artifact: Artifact, tasks: TaskRegistry, verifies: Bool = true) throws {
        do {
            configuration = try JSONDecoder().decode(
                Configuration.self, from: try artifact.data(StoredComposition.configurationMember))
            let anchor = try JoinedModel(
                Artifact(configuration.anchor, in: artifact.store), tasks: tasks, verifies: verifies)
            let augmenting = try configuration.augmenting.map {
                try JoinedModel(Artifact($0, in: artifact.store), tasks: tasks, verifies: verifies)
            }
            let prefix = configuration.composition.prefix
            let alignments = configuration.composition.alignments(augmenting, to: anchor)
            model = try ComposedModel(
                anchor: anchor.decoder, augmenting: augmenting.map(\.decoder),
                alignments: alignments,
                configuration: configuration.composition,
                weights: try artifact.data(StoredComposition.weightsMember))
            (tokenizer, answersFromOutside) = (anchor.tokenizer, anchor.isFromOutside)
            var text = anchor.text
            if configuration.composition.acts == .afterPrompt { text.augmenting = augmenting.map(\.text) }
            self.text = text
            opened = ([anchor] + augmenting).compactMap(\.opened)
            contextLength = ([anchor] + zip(augmenting, alignments).filter { $1 == nil }.map(\.0))
                .compactMap(\.contextLength).min().map { max(1, $0 - (prefix?.count ?? 0)) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StageFailure(.badInput, "composition \(artifact.digest.short) can't be loaded: \(error)")
        }
    }

    /// The anchor of a composition's artifact.
    ///
    /// - Throws: `StageFailure` (bad input), `StoreError`.
    static func anchor(of artifact: Artifact) throws -> Artifact {
        let json = try artifact.data(configurationMember)
        guard let configuration = try? JSONDecoder().decode(Configuration.self, from: json) else {
            throw StageFailure(
                .badInput, "composition \(artifact.digest.short) can't be loaded: \(configurationMember) is damaged")
        }
        return try Artifact(configuration.anchor, in: artifact.store)
    }
}
