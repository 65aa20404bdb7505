import Artifacts

extension RunResult {
    /// The machine-readable contract of `calm run --json`, on one line.
    ///
    /// `{"run", "exit", "stages": [{"name", "state", "key", "outputs", "seconds", "metrics", "why"}],
    /// "gates": [{"stage", "metric", "expected", "value", "passed"}]}`; `null` stands for an unknown key, a missing
    /// metric and a number that isn't finite.
    package var json: JSONValue {
        .object([
            "run": .string(run),
            "exit": .int(Int(exit)),
            "stages": .array(stages.map(\.json)),
            "gates": .array(gates.map(\.json)),
        ])
    }
}

extension StageResult {
    fileprivate var json: JSONValue {
        .object([
            "name": .string(name),
            "state": .string(state.rawValue),
            "key": key.map { .string($0.hex) } ?? .null,
            "outputs": .object(outputs.mapValues { .string($0.hex) }),
            "seconds": number((seconds * 1000).rounded() / 1000),
            "metrics": .object(metrics.mapValues(number)),
            "why": .string(why),
        ])
    }
}

extension GateResult {
    fileprivate var json: JSONValue {
        .object([
            "stage": .string(stage),
            "metric": .string(metric),
            "expected": .string(expected),
            "value": value.map(number) ?? .null,
            "passed": .bool(passed),
        ])
    }
}

private func number(_ value: Double) -> JSONValue {
    value.isFinite ? .double(value) : .null
}
