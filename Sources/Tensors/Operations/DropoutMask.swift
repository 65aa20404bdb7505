internal import CKernels

/// y = x * mask / (1 - rate). The mask is a function of a key and the element's index: it is never stored, and a shard
/// draws the same one whichever thread runs it.
struct DropoutMask: DifferentiableOperation {
    let x: Variable
    let key: UInt64
    let threshold: UInt32
    let scale: Float
    let output: Variable

    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        guard let (dx, isFresh) = tape.target(x) else { return }
        calm_dropout(dx, upstream, x.count, key, threshold, scale, isFresh ? 0 : 1)
    }
}

/// The randomness of one shard of one training step.
package struct DropoutStream: Sendable {
    private let key: UInt64

    package init(seed: UInt64, step: Int, shard: Int) {
        key = RandomGenerator.key(seed: seed, ["dropout", step, shard])
    }

    fileprivate func key(mask: Int) -> UInt64 { RandomGenerator.key(seed: key, [mask]) }
}

extension Tape {
    /// Drops elements with probability `rate`. Each call of a step has a mask of its own.
    package func dropout(_ x: Variable, rate: Float, _ stream: DropoutStream) -> Variable {
        precondition(rate >= 0 && rate < 1, "dropout: rate \(rate) is outside [0, 1)")
        if rate == 0 { return x }
        let key = stream.key(mask: masks)
        masks += 1
        let output = make(rows: x.rows, columns: x.columns, needsGradient: needsGradient(x))
        let mask = DropoutMask(
            x: x, key: key, threshold: UInt32(Double(rate) * 0x1p32), scale: 1 / (1 - rate), output: output)
        calm_dropout(write(output), read(x), x.count, key, mask.threshold, mask.scale, 0)
        record(.dropout(mask), for: output)
        return output
    }
}
