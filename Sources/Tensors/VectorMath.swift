internal import CKernels

/// The vector kernels that the layers above use on whole buffers.
package enum VectorMath {
    /// y += x
    package static func add(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, _ count: Int) {
        calm_add(y, x, count)
    }

    /// y = keep y + (1 - keep) x
    package static func lerp(_ y: UnsafeMutablePointer<Float>, _ x: UnsafePointer<Float>, keep: Float, _ count: Int) {
        calm_lerp(y, x, keep, count)
    }

    /// The place of the first of the largest elements.
    package static func argmax(_ x: UnsafePointer<Float>, _ count: Int) -> Int {
        precondition(count > 0, "argmax of nothing")
        return calm_argmax(x, count)
    }

    package static func sumOfSquares(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
        calm_sum_of_squares(x, count)
    }

    /// What one AdamW step needs to know about one run of parameters.
    package struct AdamWStep: Sendable {
        package var rate: Float
        package var betas: (Float, Float)
        package var epsilon: Float
        package var decay: Float
        /// 1 - beta^t for both betas.
        package var corrections: (Float, Float)
        /// Gradients are multiplied by this first (clipping).
        package var gradientScale: Float

        package init(
            rate: Float, betas: (Float, Float), epsilon: Float, decay: Float, corrections: (Float, Float),
            gradientScale: Float
        ) {
            self.rate = rate
            self.betas = betas
            self.epsilon = epsilon
            self.decay = decay
            self.corrections = corrections
            self.gradientScale = gradientScale
        }
    }

    /// Updates parameters and both moments in place.
    package static func adamW(
        parameters: UnsafeMutablePointer<Float>, first: UnsafeMutablePointer<Float>,
        second: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int, _ step: AdamWStep
    ) {
        var options = calm_adamw(
            rate: step.rate, beta1: step.betas.0, beta2: step.betas.1, epsilon: step.epsilon, decay: step.decay,
            correction1: step.corrections.0, correction2: step.corrections.1, gradient_scale: step.gradientScale)
        calm_adamw_step(parameters, first, second, gradients, count, &options)
    }
}
