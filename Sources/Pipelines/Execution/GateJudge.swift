import Artifacts
import Catalogue

/// Holds a stage's metrics against its gates.
struct GateJudge: Sendable {
    private struct Subject: Hashable {
        let stage: String
        let metric: String
        let past: GateBound.Past
    }

    private var earlier: [Subject: EarlierValue] = [:]
    /// Of earlier executions, the latest first, one more than the median is over: this one may be among them.
    private var executed: [Subject: [(result: KeyedResult, value: Double)]] = [:]
    private let requiresEarlier: Bool

    /// Reads from the catalogue what the gates of `pipeline` say of runs before `run`; nothing if they say nothing.
    ///
    /// - Throws: `StoreError` for a pin or a catalogue that can't be read.
    init(
        of pipeline: ResolvedPipeline, before run: String, store: Store, catalogue: Catalogue, options: RunOptions
    ) throws {
        requiresEarlier = options.requiresBaseline
        var subjects: Set<Subject> = []
        for stage in pipeline.stages {
            for gate in stage.gates {
                guard case .history(let past, _, _) = gate.bound else { continue }
                subjects.insert(Subject(stage: stage.name, metric: gate.metric, past: past))
            }
        }
        guard !subjects.isEmpty else { return }
        var baseline: BaselineValues?
        for subject in subjects {
            switch subject.past {
            case .baseline:
                let values =
                    try baseline
                    ?? BaselineValues(
                        options.baseline ?? Baseline(of: pipeline, store: store, catalogue: catalogue), catalogue)
                baseline = values
                earlier[subject] = values.value(subject.metric, of: subject.stage)
            case .median(let count):
                executed[subject] = try catalogue.executedHistory(
                    of: subject.metric, stage: subject.stage, pipeline: pipeline.name, before: run, limit: count + 1)
            }
        }
    }

    /// One result a gate, in the order written; a metric that is missing, or isn't a number, fails its gate.
    ///
    /// - Parameters:
    ///   - own: The result that the stage has, which doesn't count among earlier ones.
    ///   - remarks: What the execution says of metrics that are no numbers.
    func judge(
        _ gates: [Gate], of stage: String, own: KeyedResult?, metrics: [String: Double],
        remarks: MetricRemarks = MetricRemarks()
    ) -> [GateResult] {
        gates.map { gate in
            let value = metrics[gate.metric]
            var result = GateResult(
                stage: stage, metric: gate.metric, expected: gate.expected, value: value, passed: false,
                found: value == nil ? Self.lack(of: gate.metric, among: metrics, remarks) : nil)
            switch gate.bound {
            case .number(let bound): result.passed = value.map { gate.comparison.holds($0, bound) } ?? false
            case .history(let past, _, _):
                let subject = Subject(stage: stage, metric: gate.metric, past: past)
                var earlier = earlier[subject]
                if case .median(let count) = past {
                    let others = (executed[subject] ?? []).filter { $0.result != own }.prefix(count)
                    earlier = EarlierValue(medianOf: others.map(\.value))
                }
                let bound = earlier?.value.map(gate.bound.resolved)
                result.past = PastValue(bound: bound, value: earlier?.value, origin: earlier?.origin ?? "unknown")
                if let value, value.isFinite {
                    result.passed = bound.map { gate.comparison.holds(value, $0) } ?? !requiresEarlier
                }
            }
            return result
        }
    }
}

extension GateJudge {
    /// The gate that a stage misses whose metrics can't be read, whatever the pipeline expects of them.
    static func lackOfMetrics(of stage: String, in source: String, _ problem: String) -> GateResult {
        GateResult(
            stage: stage, metric: source, expected: "a JSON object of numbers", value: nil, passed: false,
            found: problem)
    }

    /// What there is in the place of a metric.
    private static func lack(of metric: String, among metrics: [String: Double], _ remarks: MetricRemarks) -> String {
        if let word = remarks.words[metric] { return "\(word), which is no number" }
        if let problem = remarks.problem { return "no metrics: \(problem)" }
        let names = Set(metrics.keys).union(remarks.words.keys).sorted()
        guard !names.isEmpty else { return "no such metric; the stage gave none" }
        let near = nearestName(to: metric, among: names).map { "; did you mean '\($0)'?" } ?? ""
        let more = names.count > 10 ? ", and \(names.count - 10) more" : ""
        return
            "no such metric\(near)\(near.isEmpty ? ";" : "") the stage gave: \(names.prefix(10).joined(separator: ", "))\(more)"
    }
}

/// What earlier runs had to do with how a gate was judged.
package struct PastValue: Sendable, Hashable {
    /// The number that the gate's expectation came to; nil if there was no earlier value.
    package var bound: Double?
    package var value: Double?
    /// Whose value it is, or why there is none.
    package var origin: String

    package init(bound: Double?, value: Double?, origin: String) {
        self.bound = bound
        self.value = value
        self.origin = origin
    }
}

/// A value of a metric in earlier runs, or why there is none.
private struct EarlierValue: Sendable {
    var value: Double?
    var origin: String

    init(_ value: Double?, _ origin: String) {
        self.value = value
        self.origin = origin
    }

    /// Of the values in earlier runs; those that aren't numbers don't count.
    init(medianOf values: [Double]) {
        let values = values.filter { !$0.isNaN }
        guard let median = Spread(of: values)?.median else {
            self.init(nil, "no earlier execution has this metric")
            return
        }
        self.init(median, "median of the last \(values.count) \(values.count == 1 ? "execution" : "executions")")
    }
}

/// The metrics of the baseline, by stage.
private struct BaselineValues {
    private let baseline: Baseline
    private var metrics: [String: [String: Double]] = [:]

    init(_ baseline: Baseline, _ catalogue: Catalogue) throws {
        self.baseline = baseline
        switch baseline {
        case .run(let id, let stage, _):
            for row in try catalogue.metrics(run: id) where stage == nil || row.stage == stage {
                metrics[row.stage, default: [:]][row.name] = row.value
            }
        case .metrics(let run, _): metrics = run.stages.mapValues(\.metrics)
        case .none: break
        }
    }

    func value(_ metric: String, of stage: String) -> EarlierValue {
        switch baseline {
        case .none(let why): return EarlierValue(nil, why)
        case .run(_, _, let words), .metrics(_, let words):
            guard let value = metrics[stage]?[metric] else {
                return EarlierValue(nil, "\(words) has no such metric of this stage")
            }
            guard !value.isNaN else { return EarlierValue(nil, "in \(words) it isn't a number") }
            return EarlierValue(value, words)
        }
    }
}
