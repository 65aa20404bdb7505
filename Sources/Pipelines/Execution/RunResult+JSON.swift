import Artifacts

extension RunResult {
    /// The machine-readable contract of `calm run --json`, on one line.
    ///
    /// `{"run", "exit", "stages": [{"name", "state", "key", "outputs", "seconds", "metrics", "why"}],
    /// "gates": [{"stage", "metric", "expected", "value", "passed"}]}`; `null` stands for an unknown key, a missing
    /// metric and a number that isn't finite. A gate on what is no number has `found`, which says what there is. A gate that names earlier runs also has `bound`, the number that `expected`
    /// came to, `earlier`, the value that it came from (both `null` if there was none), and `origin`, whose value it was or
    /// why there is none.
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
            "seconds": .number((seconds * 1000).rounded() / 1000),
            "metrics": .object(metrics.mapValues { .number($0) }),
            "why": .string(why),
        ])
    }
}

extension GateResult {
    fileprivate var json: JSONValue {
        var fields: [String: JSONValue] = [
            "stage": .string(stage),
            "metric": .string(metric),
            "expected": .string(expected),
            "value": .number(value),
            "passed": .bool(passed),
        ]
        if let found { fields["found"] = .string(found) }
        if let past {
            fields["bound"] = .number(past.bound)
            fields["earlier"] = .number(past.value)
            fields["origin"] = .string(past.origin)
        }
        return .object(fields)
    }
}
