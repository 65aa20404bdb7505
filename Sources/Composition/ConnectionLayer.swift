import NeuralNetworks
import Tensors

/// One connection of a composed model: the augmenting model's hidden states enter the anchor's residual stream.
///
/// h ← h + CrossAttention(queries: norm(h), keys and values: P · norm(a)), with h [N, D_B], a [N, D_A] and P [D_B, D_A] as
/// `name.projection.weight`. W_O starts at zero unless told otherwise, so that an untrained connection adds exactly nothing.
///
/// Source: CALM (arXiv 2401.02412), §3.1. The norms (without gain) and rotary positions are ours.
struct ConnectionLayer: Sendable {
    let connection: Connection
    /// Which augmenting model.
    let source: Int
    private let projection: Linear
    private let attention: CrossAttention
    private let normalizesInputs: Bool

    /// As in the decoders' own norms.
    private static let epsilon: Float = 1e-5

    init(
        _ name: String, _ connection: Connection, source: Int, augmentingWidth: Int, anchorWidth: Int,
        configuration: CompositionConfiguration, _ declarations: inout ParameterDeclarations
    ) {
        self.connection = connection
        self.source = source
        projection = Linear(
            "\(name).projection", in: augmentingWidth, out: anchorWidth, start: .fanIn(augmentingWidth), &declarations)
        attention = CrossAttention(
            "\(name).cross_attention", width: anchorWidth, source: anchorWidth, heads: configuration.heads,
            rotaryBase: configuration.rotaryBase,
            outputStart: configuration.startsAtZero ? .constant(0) : .fanIn(anchorWidth),
            &declarations)
        normalizesInputs = configuration.normalizesInputs
    }

    /// `states` are the augmenting model's block outputs for all rows, h those of the rows with a query. A cache takes up the
    /// states' keys and values first.
    func callAsFunction(
        _ h: Variable, states: Variable, _ layout: CrossLayout, _ dropout: InputDropout?, cache: KVCache?,
        _ w: Weights
    ) -> Variable {
        let source = projection(prepared(states, dropout, w), w)
        return attention(prepared(h, dropout, w), source: source, residual: h, layout, cache: cache, w)
    }

    private func prepared(_ x: Variable, _ dropout: InputDropout?, _ w: Weights) -> Variable {
        let normal = normalizesInputs ? w.tape.rmsNorm(x, epsilon: ConnectionLayer.epsilon) : x
        guard let dropout else { return normal }
        return w.tape.dropout(normal, rate: dropout.rate, dropout.stream)
    }
}

/// Dropout on the inputs of the connections, in training only.
struct InputDropout {
    let rate: Float
    let stream: DropoutStream
}
