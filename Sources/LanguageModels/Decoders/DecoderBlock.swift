import NeuralNetworks
import Tensors

/// One layer of a decoder, normalised before each half: h += attention(norm(h)); h += mlp(norm(h)). Some families normalise
/// what each half adds, too.
package struct DecoderBlock: Sendable {
    package let attentionNorm: Norm
    package let attention: SelfAttention
    package let attentionOutputNorm: Norm?
    package let mlpNorm: Norm
    package let mlp: MLP
    package let mlpOutputNorm: Norm?

    init(
        _ name: String, layer: Int, _ configuration: DecoderConfiguration, _ declarations: inout ParameterDeclarations
    ) {
        let (width, variant) = (configuration.width, configuration.variant)
        let outputScale = 1 / Float(2 * configuration.layers).squareRoot()
        func norm(_ suffix: String) -> Norm {
            Norm(
                variant.norm, "\(name).\(suffix)", width: width, epsilon: configuration.normEpsilon, &declarations)
        }
        attentionNorm = norm("attention_norm")
        attention = SelfAttention(
            "\(name).attention", width: width, heads: configuration.attentionHeads(layer: layer),
            rotary: configuration.rotaryPositions(layer: layer), bias: variant.hasAttentionBias,
            outputBias: variant.hasAttentionOutputBias,
            headNormEpsilon: variant.normalizesHeads ? configuration.normEpsilon : nil, outputScale: outputScale,
            &declarations)
        attentionOutputNorm = variant.normalizesOutputs ? norm("attention_output_norm") : nil
        mlpNorm = norm("mlp_norm")
        mlp = MLP(
            "\(name).mlp", width: width, hidden: configuration.hiddenWidth, activation: variant.activation,
            isGated: variant.isGated, bias: variant.hasMLPBias, outputScale: outputScale, &declarations)
        mlpOutputNorm = variant.normalizesOutputs ? norm("mlp_output_norm") : nil
    }

    /// h [N, d] to the h of the rows that have a query, attending within the batch, or to a cache, which takes up the batch's
    /// keys and values first.
    package func callAsFunction(
        _ h: Variable, _ layout: SequenceLayout, cache: KVCache?, _ w: Weights
    ) -> Variable {
        let mixed = DecoderBlock.add(to: w.tape.asking(h, layout), behind: attentionOutputNorm, w) {
            attention(attentionNorm(h, w), residual: $0, layout, cache: cache, w)
        }
        return DecoderBlock.add(to: mixed, behind: mlpOutputNorm, w) { mlp(mlpNorm(mixed, w), residual: $0, w) }
    }

    /// h + norm(half(nil)), or without a norm half(h), which adds h itself.
    private static func add(
        to h: Variable, behind norm: Norm?, _ w: Weights, _ half: (Variable?) -> Variable
    ) -> Variable {
        guard let norm else { return half(h) }
        return w.tape.add(h, norm(half(nil), w))
    }
}
