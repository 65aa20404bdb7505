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

    /// Loads the composition and the models that it joins from the artifact's store.
    ///
    /// - Throws: `StageFailure` (bad input) naming the artifact and what is wrong with it.
    package init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        do {
            configuration = try JSONDecoder().decode(
                Configuration.self, from: try artifact.data(StoredComposition.configurationMember))
            let anchor = try StoredModel(Artifact(configuration.anchor, in: artifact.store), tasks: tasks)
            let augmenting = try configuration.augmenting.map {
                try StoredModel(Artifact($0, in: artifact.store), tasks: tasks)
            }
            model = try ComposedModel(
                anchor: anchor.decoder, augmenting: augmenting.map(\.decoder),
                configuration: configuration.composition,
                weights: try artifact.data(StoredComposition.weightsMember))
            tokenizer = anchor.tokenizer
        } catch let error as StoreError {
            throw error
        } catch {
            throw StageFailure(.badInput, "composition \(artifact.digest.short) can't be loaded: \(error)")
        }
    }
}
