import LanguageModels

/// How many parameters a composition adds to its anchor, counted as the paper does and counted truly.
///
/// Source: CALM (arXiv 2401.02412), Appendix C.1. The paper leaves W_O out of each cross-attention, and counts the
/// anchor's embedding once a layer and its self-attention without an output projection.
package struct ParameterOverhead: Sendable, Equatable {
    /// n · (D_A·D_B + 3·D_B²), summed over the augmenting models.
    package let addedByFormula: Int
    /// N_B · (V_B·D_B + 3·D_B² + 2·D_B²·K_B).
    package let anchorByFormula: Int
    package let addedTruly: Int
    package let anchorTruly: Int

    package var shareByFormula: Double { Double(addedByFormula) / Double(anchorByFormula) }
    package var shareTruly: Double { Double(addedTruly) / Double(anchorTruly) }

    /// - Parameters:
    ///   - connections: n, how many connections each augmenting model has.
    ///   - augmentingWidths: D_A of each augmenting model.
    ///   - anchor: N_B, V_B, D_B, and K_B·D_B as the width of the MLP.
    package init(
        connections: [Int], augmentingWidths: [Int], anchor: DecoderConfiguration, addedTruly: Int, anchorTruly: Int
    ) {
        let (width, vocabulary) = (anchor.width, anchor.vocabulary)
        addedByFormula = zip(connections, augmentingWidths).reduce(0) {
            $0 + $1.0 * ($1.1 * width + 3 * width * width)
        }
        anchorByFormula =
            anchor.layers * (vocabulary * width + 3 * width * width + 2 * width * anchor.hiddenWidth)
        self.addedTruly = addedTruly
        self.anchorTruly = anchorTruly
    }
}
