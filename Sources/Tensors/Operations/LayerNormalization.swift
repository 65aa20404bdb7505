internal import CKernels

/// y = (x - mean) / sqrt(variance + epsilon) * gain + bias, row by row (Ba et al., 2016, https://arxiv.org/abs/1607.06450).
struct LayerNormalization: DifferentiableOperation {
    let x: Variable
    let gain: Weight
    let bias: Weight
    /// Mean and reciprocal root of each row.
    let statistics: UnsafeMutablePointer<Float>
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        let dx = tape.target(x)
        calm_layer_norm_backward(
            dx?.buffer, tape.zeroedTarget(gain), tape.zeroedTarget(bias), tape.read(x), statistics, gain.values,
            upstream,
            x.rows, x.columns, dx?.isFresh == false ? 1 : 0)
    }
}

extension Tape {
    /// Layer norm of each row.
    package func layerNorm(_ x: Variable, gain: Weight, bias: Weight, epsilon: Float) -> Variable {
        precondition(
            gain.count == x.columns && bias.count == x.columns,
            "layerNorm: gain of \(gain.count), bias of \(bias.count), x \(x.shape)")
        let output = make(
            rows: x.rows, columns: x.columns, needsGradient: needsGradient(x) || gain.isTrained || bias.isTrained)
        let statistics = keep(2 * x.rows)
        calm_layer_norm_forward(
            write(output), statistics, read(x), gain.values, bias.values, x.rows, x.columns, epsilon)
        record(
            .layerNorm(LayerNormalization(x: x, gain: gain, bias: bias, statistics: statistics, output: output)),
            for: output)
        return output
    }
}
