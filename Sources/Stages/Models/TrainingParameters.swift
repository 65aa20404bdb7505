import Foundation
import LanguageModels
import NeuralNetworks
import Pipelines
import Tensors

/// How a stage trains: the parameters that `model.train` and `model.compose` share.
package struct TrainingParameters: Sendable {
    var steps = 1_000
    var epochs: Double?
    var batch = 64
    var learningRate = 3e-3
    var warmup = 50
    var schedule = LearningRateSchedule.Shape.cosine
    var hold = 0.0
    var embeddingRate = 1.0
    var weightDecay = 0.01
    var beta1 = 0.9
    var beta2 = 0.98
    var clip = 1.0
    var labelSmoothing = 0.0
    var average = 0.0
    var precision = Precision.float32
    var accumulation: Int?
    var recomputation = false
    var patience: Int?
    var seed = 0

    /// - Parameter sequences: Of the corpus, of which an epoch has each once.
    package func options(sequences: Int) -> TrainingOptions {
        TrainingOptions(
            steps: steps(sequences: sequences), batch: batch,
            optimizer: AdamW.Options(
                learningRate: Float(learningRate), beta1: Float(beta1), beta2: Float(beta2),
                decay: Float(weightDecay), clip: clip == 0 ? nil : Float(clip),
                rules: [
                    AdamW.Rule(name: "embedding", rateFactor: Float(embeddingRate), decay: 0),
                    AdamW.Rule(name: "positions", decay: 0),
                ]),
            warmup: warmup, schedule: schedule, hold: hold,
            seed: UInt64(seed), labelSmoothing: Float(labelSmoothing),
            averageDecay: average == 0 ? nil : Float(average), precision: precision,
            accumulation: accumulation ?? 1, recomputation: recomputation, patience: patience)
    }

    private func steps(sequences: Int) -> Int {
        guard let epochs else { return steps }
        return Int((epochs * Double(sequences) / Double(batch)).rounded(.up))
    }

    /// - Throws: `PlanningError` if there is nothing that patience could judge by.
    func check(hasValidation: Bool) throws {
        if patience != nil, !hasValidation {
            throw PlanningError(
                parameter: "patience", "what does best is found with a validation corpus: give the input `validation`")
        }
    }
}

/// Parameters of a stage kind that trains.
package protocol TrainingStageParameters: StageParameters {
    var training: TrainingParameters { get set }
}

extension ParameterField where Root: TrainingStageParameters {
    /// The fields of `training`.
    static var training: [ParameterField<Root>] {
        [
            .int(
                "steps", \.training.steps, in: 0...10_000_000, "Optimizer steps; with none the model stays as it starts"
            ),
            ParameterField.optionalDouble(
                "epochs", \.training.epochs, in: 0...1_000_000,
                "How often each sequence is read, instead of `steps`; null for the steps"
            ).leftOutIfNull,
            .int("batch", \.training.batch, in: 1...65_536, "Sequences a step"),
            .double("learning-rate", \.training.learningRate, in: 0...10, "AdamW's learning rate at its highest"),
            .int("warmup", \.training.warmup, in: 0...1_000_000, "Steps over which the learning rate rises"),
            .choice("schedule", \.training.schedule, "What the learning rate does after the warm-up"),
            .double(
                "hold", \.training.hold, in: 0...1,
                "Share of the steps up to which the learning rate stays at its highest"),
            .double(
                "embedding-rate", \.training.embeddingRate, in: 0...1_000,
                "Factor on the learning rate of the token embeddings"),
            .double(
                "weight-decay", \.training.weightDecay, in: 0...10,
                "AdamW's decoupled weight decay; embeddings and vectors have none"),
            .double("beta1", \.training.beta1, in: 0...0.999_999, "AdamW's decay of the gradient's mean"),
            .double("beta2", \.training.beta2, in: 0...0.999_999, "AdamW's decay of the gradient's mean square"),
            .double("clip", \.training.clip, in: 0...1e6, "Largest gradient norm; 0 for no clipping"),
            .double(
                "label-smoothing", \.training.labelSmoothing, in: 0...0.999,
                "Share of each target that is spread over the whole output vocabulary"),
            .double(
                "average", \.training.average, in: 0...0.999_999,
                "Decay of a running average of the weights; 0 for none"),
            .choice(
                "precision", \.training.precision,
                "Operands of matrix products: float32; bfloat16, which some processors multiply faster; bfloat16-frozen, where no weight is trained"
            ),
            ParameterField.optionalInt(
                "accumulate", \.training.accumulation, in: 1...65_536,
                "Pieces of a batch that are differentiated one after the other, which takes less memory; null for 1"
            ).leftOutIfNull,
            ParameterField.bool(
                "recompute", \.training.recomputation,
                "Compute activations within blocks anew in the backward pass instead of keeping them: less memory, some a third more work, the same result"
            ).unkeyed,
            ParameterField.optionalInt(
                "patience", \.training.patience, in: 1...20,
                "Of 20 evaluations on the validation corpus, after how many without a lower loss training ends; the model is then that of the lowest. Null for all steps and the last"
            ).leftOutIfNull,
            .int("seed", \.training.seed, in: 0...Int.max, "Seed of initial weights, data order and dropout"),
        ]
    }
}
