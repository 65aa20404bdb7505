internal import CKernels

/// y = x / sqrt(mean(x²) + epsilon) (* gain), row by row (Zhang & Sennrich, 2019, https://arxiv.org/abs/1910.07467).
struct RMSNormalization: DifferentiableOperation {
    let x: Variable
    let gain: Weight?
    /// The reciprocal root of each row.
    let inverse: UnsafeMutablePointer<Float>
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        let dx = tape.target(x)
        calm_rms_norm_backward(
            dx?.buffer, gain.flatMap(tape.zeroedTarget), tape.read(x), inverse, gain?.values, upstream, x.rows,
            x.columns,
            dx?.isFresh == false ? 1 : 0)
    }
}

extension Tape {
    /// RMS norm of each row, with or without a learned gain.
    package func rmsNorm(_ x: Variable, gain: Weight? = nil, epsilon: Float) -> Variable {
        if let gain { precondition(gain.count == x.columns, "rmsNorm: gain of \(gain.count), x \(x.shape)") }
        let output = make(
            rows: x.rows, columns: x.columns, needsGradient: needsGradient(x) || gain?.isTrained == true)
        let inverse = keep(x.rows)
        let (y, input, columns, gains) = (write(output), read(x), x.columns, gain?.values)
        frozenProducts.divideRows(x.rows, operations: 4 * x.count) { rows in
            let first = rows.lowerBound * columns
            calm_rms_norm_forward(
                y + first, inverse + rows.lowerBound, input + first, gains, rows.count, columns, epsilon)
        }
        record(.rmsNorm(RMSNormalization(x: x, gain: gain, inverse: inverse, output: output)), for: output)
        return output
    }
}
