import NeuralNetworks
import Tensors

/// How a model is trained. The number of threads is not part of it: results don't depend on it.
package struct TrainingOptions: Sendable, Codable, Equatable {
    package var steps: Int
    /// Sequences a step.
    package var batch: Int
    package var optimizer: AdamW.Options
    package var warmup: Int
    package var schedule: LearningRateSchedule.Shape
    package var seed: UInt64
    /// Share of each target that is spread over the output vocabulary, below 1.
    package var labelSmoothing: Float
    /// Parts of a batch that are differentiated on their own and summed in order. Results depend on it in the last bits.
    package var shards: Int
    /// Decay of a running average of the weights, which is then the result; nil for the weights themselves.
    package var averageDecay: Float?
    /// Of the matrix products.
    package var precision: Precision

    package init(
        steps: Int, batch: Int = 64, optimizer: AdamW.Options, warmup: Int = 50,
        schedule: LearningRateSchedule.Shape = .cosine, seed: UInt64, labelSmoothing: Float = 0,
        shards: Int = 4, averageDecay: Float? = nil, precision: Precision = .float32
    ) {
        self.steps = steps
        self.batch = batch
        self.optimizer = optimizer
        self.warmup = warmup
        self.schedule = schedule
        self.seed = seed
        self.labelSmoothing = labelSmoothing
        self.shards = shards
        self.averageDecay = averageDecay
        self.precision = precision
    }
}
