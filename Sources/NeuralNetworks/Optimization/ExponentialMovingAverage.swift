import Tensors

/// A slow copy of the weights: average = decay * average + (1 - decay) * weights after each step, with a decay that
/// starts small, min(decay, (1 + t) / (10 + t)), so that the start is soon forgotten.
package struct ExponentialMovingAverage: Sendable {
    package let decay: Float
    package private(set) var average: Parameters

    package init(decay: Float, of parameters: Parameters) {
        precondition(decay > 0 && decay < 1, "an average needs a decay in (0, 1), not \(decay)")
        self.decay = decay
        average = parameters
    }

    /// `step` counts updates from 1.
    package mutating func update(_ parameters: Parameters, step: Int) {
        let keep = min(decay, Float(1 + step) / Float(10 + step))
        average.withMutableElements { average in
            parameters.withElements { values in
                guard let average = average.baseAddress, let values = values.baseAddress else { return }
                VectorMath.lerp(average, values, keep: keep, parameters.count)
            }
        }
    }

    /// Restores the average of an interrupted run.
    package mutating func restore(_ average: Parameters) { self.average = average }
}
