internal import CKernels

/// loss = sum over rows of -Σ_c q_c log softmax(logits)_c, with logits [R, V], loss [1, 1], and q the one-hot target, of
/// which `smoothing` is spread over all V (Szegedy et al., 2016, https://arxiv.org/abs/1512.00567).
struct SoftmaxCrossEntropy: DifferentiableOperation {
    let logits: Variable
    /// softmax - q, from the forward pass.
    let slope: UnsafeMutablePointer<Float>
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        // The slope is kept for this alone, so it becomes the gradient.
        calm_scale(slope, slope, upstream[0], logits.count)
        if tape.hasGradient(logits) {
            if let (gradient, _) = tape.target(logits) { calm_add(gradient, slope, logits.count) }
        } else {
            tape.give(slope, to: logits)
        }
    }
}

/// A summed loss and what else one pass over the logits tells.
package struct ScoredLoss: Sendable {
    /// 1 x 1: to differentiate from.
    package let variable: Variable
    /// Sum over the rows, in nats, to double precision.
    package let sum: Double
    /// Rows whose largest logit is the target's.
    package let correct: Int
}

extension Tape {
    package func softmaxCrossEntropy(_ logits: Variable, targets: [Int32], smoothing: Float = 0) -> ScoredLoss {
        precondition(smoothing >= 0 && smoothing < 1, "softmaxCrossEntropy: smoothing \(smoothing) is outside [0, 1)")
        precondition(
            targets.count == logits.rows, "softmaxCrossEntropy: \(targets.count) targets, logits \(logits.shape)")
        for target in targets {
            precondition(
                target >= 0 && target < logits.columns, "softmaxCrossEntropy: target \(target), logits \(logits.shape)")
        }
        let needs = needsGradient(logits)
        let output = make(rows: 1, columns: 1, needsGradient: needs)
        let slope: UnsafeMutablePointer<Float>? = needs ? keep(logits.count) : nil
        var correct = 0
        let sum = calm_cross_entropy(slope, &correct, read(logits), targets, logits.rows, logits.columns, smoothing)
        write(output)[0] = Float(sum)
        if let slope {
            record(.crossEntropy(SoftmaxCrossEntropy(logits: logits, slope: slope, output: output)), for: output)
        }
        return ScoredLoss(variable: output, sum: sum, correct: correct)
    }

    /// -log softmax(logits)[target] of each row, in nats: nothing is differentiated.
    package func losses(_ logits: Variable, targets: [Int32]) -> [Double] {
        precondition(targets.count == logits.rows, "losses: \(targets.count) targets, logits \(logits.shape)")
        let values = read(logits)
        return targets.enumerated().map { row, target in
            precondition(target >= 0 && target < logits.columns, "losses: target \(target), logits \(logits.shape)")
            var correct = 0
            return withUnsafePointer(to: target) {
                calm_cross_entropy(nil, &correct, values + row * logits.columns, $0, 1, logits.columns, 0)
            }
        }
    }
}
