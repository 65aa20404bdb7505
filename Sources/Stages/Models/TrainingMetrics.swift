import Pipelines

/// The metrics that every kind gives which trains something.
let trainingMetrics = [
    MetricDeclaration("loss", unit: "nats per token", "Mean training loss of the last 20 steps"),
    MetricDeclaration("validation-loss", unit: "nats per token", "Loss on the validation corpus, if there is one"),
    MetricDeclaration(
        "validation-accuracy", unit: "share", "Share of the validation corpus's tokens that were predicted right"),
    MetricDeclaration("best-step", unit: "steps", "With patience: the step whose weights are the result"),
    MetricDeclaration("trained-tokens", unit: "tokens", "How many tokens it was trained on, repeats included"),
    MetricDeclaration(
        "operations-per-token", unit: "floating-point operations", "What a token costs in training, by count"),
]
