import NeuralNetworks
import Tensors

/// One layer of a decoder, normalised before each half: h += attention(norm(h)); h += mlp(norm(h)).
package struct DecoderBlock: Sendable {
    package let attentionNorm: RMSNorm
    package let attention: SelfAttention
    package let mlpNorm: RMSNorm
    package let mlp: MLP

    init(_ name: String, _ configuration: DecoderConfiguration, _ declarations: inout ParameterDeclarations) {
        let width = configuration.width
        let outputScale = 1 / Float(2 * configuration.layers).squareRoot()
        var rotaryBase: Float?
        if case .rotary(let base) = configuration.positions { rotaryBase = base }
        attentionNorm = RMSNorm(
            "\(name).attention_norm", width: width, epsilon: configuration.normEpsilon, &declarations)
        attention = SelfAttention(
            "\(name).attention", width: width, heads: configuration.heads, rotaryBase: rotaryBase,
            outputScale: outputScale, &declarations)
        mlpNorm = RMSNorm("\(name).mlp_norm", width: width, epsilon: configuration.normEpsilon, &declarations)
        mlp = MLP(
            "\(name).mlp", width: width, hidden: configuration.hiddenWidth, outputScale: outputScale, &declarations)
    }

    /// h [N, d] to the h of the rows that have a query, attending within the batch.
    package func callAsFunction(_ h: Variable, _ layout: SequenceLayout, _ w: Weights) -> Variable {
        let mixed = attention(attentionNorm(h, w), residual: w.tape.asking(h, layout), layout, w)
        return mlp(mlpNorm(mixed, w), residual: mixed, w)
    }

    /// The same, attending to a cache that takes up the batch's keys and values first.
    package func callAsFunction(
        _ h: Variable, _ layout: SequenceLayout, cache: inout KVCache, _ w: Weights
    ) -> Variable {
        let mixed = attention(
            attentionNorm(h, w), residual: w.tape.asking(h, layout), layout, cache: &cache, w)
        return mlp(mlpNorm(mixed, w), residual: mixed, w)
    }
}
