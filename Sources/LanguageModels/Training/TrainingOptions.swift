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
    /// Share of the steps up to which the learning rate stays at its highest.
    package var hold: Double
    package var seed: UInt64
    /// Share of each target that is spread over the output vocabulary, below 1.
    package var labelSmoothing: Float
    /// Parts of a batch that are differentiated on their own and summed in order. Results depend on it in the last bits.
    /// Nil for ``shards(parameters:tokens:)``.
    package var shards: Int?
    /// Decay of a running average of the weights, which is then the result; nil for the weights themselves.
    package var averageDecay: Float?
    /// Of the matrix products.
    package var precision: Precision
    /// How many pieces of each part are differentiated one after the other, which takes less memory. Results depend on it in
    /// the last bits.
    package var accumulation: Int
    /// Whether activations within blocks are computed anew in the backward pass instead of kept. Changes no bit.
    package var recomputation: Bool
    /// Evaluations without a better one after which training ends; the result is then what did best. Nil: all steps are
    /// taken, and the last weights are the result.
    package var patience: Int?

    package init(
        steps: Int, batch: Int = 64, optimizer: AdamW.Options, warmup: Int = 50,
        schedule: LearningRateSchedule.Shape = .cosine, hold: Double = 0, seed: UInt64, labelSmoothing: Float = 0,
        shards: Int? = nil, averageDecay: Float? = nil, precision: Precision = .float32,
        accumulation: Int = 1, recomputation: Bool = false, patience: Int? = nil
    ) {
        self.steps = steps
        self.batch = batch
        self.optimizer = optimizer
        self.warmup = warmup
        self.schedule = schedule
        self.hold = hold
        self.seed = seed
        self.labelSmoothing = labelSmoothing
        self.shards = shards
        self.averageDecay = averageDecay
        self.precision = precision
        self.accumulation = accumulation
        self.recomputation = recomputation
        self.patience = patience
    }
    /// Into how many parts a batch is cut: as many as threads can work at once.
    package static let mostShards = 4

    /// How many parts suit a step of about so many tokens.
    ///
    /// Each part writes and reads a gradient of its own and packs the weights anew. Where the gradient is beyond the caches,
    /// that shows unless the part has some hundred tokens: at 25M parameters and 1,024 tokens, two parts are 3 to 4%
    /// faster than four. The rule knows nothing of the threads, so that results don't depend on them.
    package static func shards(parameters: Int, tokens: Int) -> Int {
        let cached = 1 << 21
        return parameters > cached && tokens < mostShards * 400 ? mostShards / 2 : mostShards
    }
}
