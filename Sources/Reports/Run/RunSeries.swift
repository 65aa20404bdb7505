import Artifacts
import Catalogue
import Pipelines

/// The metrics and gates of several runs, in the order in which they were named.
package struct RunSeries: Sendable {
    package struct Run: Sendable {
        package let run: RunRow
        /// How many stages ended in each state.
        package let states: [String: Int]
        package let passedGates: Int
        package let gates: Int
    }

    package struct Metric: Hashable, Sendable {
        package let stage: String
        package let name: String
        /// A value a run; nil where the run has none.
        package let values: [Double?]
        /// The artifact that each stands in.
        package let sources: [Digest?]

        /// Whether it isn't the same everywhere.
        package var differs: Bool {
            values.contains { value in
                value != values[0] && !(value?.isNaN == true && values[0]?.isNaN == true)
            }
        }
    }

    package struct Gate: Hashable, Sendable {
        package let stage: String
        package let metric: String
        package let expected: String
        package let passed: [Bool?]
    }

    package let runs: [Run]
    /// In the order of the runs' stages, each once.
    package let metrics: [Metric]
    package let gates: [Gate]
    /// The artifacts that the metrics stand in, by the stages that gave them.
    let artifacts: [(stage: String, output: RunReport.Output)]

    /// - Throws: `StoreError` if the catalogue can't be read.
    package init(_ runs: [RunRow], catalogue: Catalogue) throws {
        var entries: [Run] = []
        var values: [MetricName: [Double?]] = [:]
        var sources: [MetricName: [Digest?]] = [:]
        var artifacts: [(stage: String, output: RunReport.Output)] = []
        var order: [MetricName] = []
        var judged: [GateName: [Bool?]] = [:]
        var gateOrder: [GateName] = []
        for (index, run) in runs.enumerated() {
            let evidence = Dictionary(grouping: try catalogue.outputs(run: run.id), by: \.stage)
                .compactMapValues { $0.map(RunReport.Output.init).evidence }
            for metric in try catalogue.metrics(run: run.id) {
                let name = MetricName(stage: metric.stage, metric: metric.name)
                if values[name] == nil {
                    values[name] = Array(repeating: nil, count: runs.count)
                    sources[name] = Array(repeating: nil, count: runs.count)
                    order.append(name)
                }
                values[name]?[index] = metric.value
                guard let source = evidence[metric.stage] else { continue }
                sources[name]?[index] = source.artifact
                artifacts.append((metric.stage, source))
            }
            let gates = try catalogue.gates(run: run.id)
            for gate in gates {
                let name = GateName(stage: gate.stage, metric: gate.metric, expected: gate.expected)
                if judged[name] == nil {
                    judged[name] = Array(repeating: nil, count: runs.count)
                    gateOrder.append(name)
                }
                judged[name]?[index] = gate.passed
            }
            let states = try catalogue.stages(run: run.id).reduce(into: [:]) { $0[$1.state, default: 0] += 1 }
            entries.append(
                Run(run: run, states: states, passedGates: gates.count(where: \.passed), gates: gates.count))
        }
        self.runs = entries
        metrics = order.map { name in
            Metric(
                stage: name.stage, name: name.metric, values: values[name] ?? [], sources: sources[name] ?? [])
        }
        self.artifacts = artifacts
        gates = gateOrder.map { name in
            Gate(stage: name.stage, metric: name.metric, expected: name.expected, passed: judged[name] ?? [])
        }
    }

    private struct MetricName: Hashable {
        let stage: String
        let metric: String
    }

    private struct GateName: Hashable {
        let stage: String
        let metric: String
        let expected: String
    }

    /// Parameters of pipelines that aren't the same in every run, by name; a value a run.
    package var parameters: [(name: String, values: [String])] {
        let all = runs.map { $0.run.parameters.members ?? [:] }
        return Set(all.flatMap(\.keys)).sorted().compactMap { name in
            let values = all.map { $0[name].map { $0.text ?? $0.canonical } ?? "–" }
            return Set(values).count > 1 ? (name, values) : nil
        }
    }
}

extension RunSeries.Metric {
    /// The last value less the first; nil if either is missing.
    package var change: Double? {
        guard let first = values.first ?? nil, let last = values.last ?? nil else { return nil }
        return last - first
    }
}

extension RunSeries {
    package var json: JSONValue {
        .object([
            "runs": .array(
                runs.map {
                    .object([
                        "id": .string($0.run.id), "pipeline": .string($0.run.pipeline),
                        "startedAt": .number($0.run.startedAt), "seconds": .number($0.run.seconds),
                        "exit": $0.run.exit.map { .int(Int($0)) } ?? .null, "verdict": .string($0.run.verdict.word),
                        "stages": .object($0.states.mapValues(JSONValue.int)), "gates": .int($0.gates),
                        "passedGates": .int($0.passedGates), "parameters": $0.run.parameters,
                    ])
                }),
            "metrics": .array(
                metrics.map {
                    .object([
                        "stage": .string($0.stage), "metric": .string($0.name),
                        "values": .array($0.values.map(JSONValue.number)),
                        "sources": .array($0.sources.map { $0.map { .string($0.hex) } ?? .null }),
                        "change": .number($0.change),
                    ])
                }),
            "gates": .array(
                gates.map {
                    .object([
                        "stage": .string($0.stage), "metric": .string($0.metric), "expected": .string($0.expected),
                        "passed": .array($0.passed.map { $0.map(JSONValue.bool) ?? .null }),
                    ])
                }),
        ])
    }
}
