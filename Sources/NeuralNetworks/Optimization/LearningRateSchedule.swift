import Foundation

/// A factor on the learning rate: a linear warm-up from 0, then constant up to a share `hold` of all steps, then constant
/// still, or falling to 0 at the last step.
package struct LearningRateSchedule: Sendable, Codable, Equatable {
    package enum Shape: String, Sendable, Codable, CaseIterable { case constant, linear, cosine }

    package let shape: Shape
    package let warmup: Int
    package let steps: Int
    package let hold: Double

    package init(shape: Shape, warmup: Int, steps: Int, hold: Double = 0) {
        self.shape = shape
        self.warmup = warmup
        self.steps = steps
        self.hold = hold
    }

    /// The factor of step `step`, counted from 0.
    package func factor(step: Int) -> Float {
        if step < warmup { return Float(step + 1) / Float(warmup) }
        let start = max(Double(warmup), hold * Double(steps))
        let progress = min(1, max(0, Double(step) - start) / max(1, Double(steps) - start))
        switch shape {
        case .constant: return 1
        case .linear: return Float(1 - progress)
        case .cosine: return Float(0.5 * (1 + cos(Double.pi * progress)))
        }
    }
}
