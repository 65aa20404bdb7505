import Artifacts
import Composition

/// What a composition is made of and what it adds to its anchor, in plain values.
package struct CompositionSummary: Sendable {
    package struct Model: Sendable {
        package let digest: Digest
        package let layers: Int
        package let width: Int
        package let parameters: Int
        /// Pairs of an own block and an anchor block; empty for the anchor.
        package let connections: [(own: Int, anchor: Int)]
    }

    package struct Count: Sendable {
        package let added: Int
        package let anchor: Int
        package var share: Double { Double(added) / Double(anchor) }
    }

    package let anchor: Model
    package let augmenting: [Model]
    package let heads: Int
    package let rotaryBase: Double?
    package let normalizesInputs: Bool
    /// By the formula of CALM's Appendix C.1.
    package let byFormula: Count
    package let truly: Count
    /// Predicted floating-point operations for a token: of training the composition, and of fine-tuning the anchor.
    package let operationsPerToken: Double
    package let fineTuningOperationsPerToken: Double

    package init(of stored: StoredComposition) {
        let composition = stored.configuration.composition
        let overhead = stored.model.overhead
        let decoder = stored.model.anchor
        anchor = Model(
            digest: stored.configuration.anchor, layers: decoder.configuration.layers,
            width: decoder.configuration.width, parameters: decoder.parameterCount, connections: [])
        augmenting = stored.model.augmenting.enumerated().map { index, decoder in
            Model(
                digest: stored.configuration.augmenting[index], layers: decoder.configuration.layers,
                width: decoder.configuration.width, parameters: decoder.parameterCount,
                connections: composition.connections[index].map { ($0.augmenting, $0.anchor) })
        }
        heads = composition.heads
        rotaryBase = composition.rotaryBase.map(Double.init)
        normalizesInputs = composition.normalizesInputs
        byFormula = Count(added: overhead.addedByFormula, anchor: overhead.anchorByFormula)
        operationsPerToken = Double(stored.model.trainingOperations)
        fineTuningOperationsPerToken = Double(decoder.trainingOperations)
        truly = Count(added: overhead.addedTruly, anchor: overhead.anchorTruly)
    }
}
