/// Holds a stage's metrics against its gates.
enum GateJudge {
    /// One result a gate, in the order written; a metric that is missing, or isn't a number, fails its gate.
    static func judge(_ gates: [Gate], of stage: String, metrics: [String: Double]) -> [GateResult] {
        gates.map { gate in
            let value = metrics[gate.metric]
            return GateResult(
                stage: stage, metric: gate.metric, expected: gate.expected, value: value,
                passed: value.map(gate.isMet) ?? false)
        }
    }
}
