import Catalogue
import Foundation
import Pipelines

/// A run as JUnit XML: a suite a pipeline, a case a stage and a case a gate.
///
/// `failure` is a missed gate, `error` a stage that failed, `skipped` what a failure left undone; starts that failed before
/// a stage was started again are `flakyError` if it went well at last, else `rerunError`. Names are stable from run to run
/// and in every flavour: what varies stands in messages, properties and output.
package struct JUnitReport: Sendable {
    let suite: String
    let startedAt: Date
    let seconds: Double
    let properties: [(name: String, value: String)]
    let cases: [JUnitCase]
    /// The pipeline's file.
    let file: String?
    let options: JUnitOptions

    /// The report of a run of `pipeline`, complete whatever became of the run.
    package init(of result: RunResult, pipeline: ResolvedPipeline, options: JUnitOptions = JUnitOptions()) {
        suite = pipeline.name
        startedAt = result.startedAt
        seconds = result.seconds
        self.options = options
        file = pipeline.stages.first.map { options.path($0.location.file) }
        properties =
            [("run", result.run), ("exit", String(result.exit))]
            + pipeline.parameters.sorted { $0.key < $1.key }.map { ("params." + $0.key, $0.value.canonical) }

        var cases: [JUnitCase] = []
        let gates = Dictionary(grouping: result.gates, by: \.stage)
        let stages = Dictionary(uniqueKeysWithValues: pipeline.stages.map { ($0.name, $0) })
        let history = Dictionary(grouping: options.history, by: \.stage)
        // CI servers take two cases of one name for one.
        var names: Set<String> = []
        for stage in result.stages {
            cases.append(JUnitCase(of: stage, options))
            let judged = gates[stage.name] ?? []
            for gate in stages[stage.name]?.gates ?? [] {
                var item = JUnitCase(of: gate, stage, judged: judged, history[stage.name] ?? [], options)
                let name = item.name
                var count = 1
                while !names.insert(item.name).inserted {
                    count += 1
                    item.name = "\(name) #\(count)"
                }
                cases.append(item)
            }
        }
        self.cases = cases
    }

    /// The report of a run that never began: a pipeline or a store that can't be used.
    package init(
        of problem: String, messages: [String], pipeline: String, startedAt: Date, at location: SourceLocation? = nil,
        options: JUnitOptions = JUnitOptions()
    ) {
        suite = pipeline
        self.startedAt = startedAt
        self.options = options
        seconds = 0
        properties = []
        file = location.map { options.path($0.file) }
        let text = messages.joined(separator: "\n")
        var item = JUnitCase(group: "plan", name: problem, location: location)
        item.outcome = .error(type: problem, message: messages.first ?? problem, text: text)
        cases = [item]
    }
}

extension JUnitCase {
    /// A stage.
    fileprivate init(of stage: StageResult, _ options: JUnitOptions) {
        self.init(group: "stages", name: stage.name, location: stage.location, seconds: stage.seconds)
        reruns = stage.failedAttempts.enumerated().map { index, attempt in
            let start = index == 0 ? 0 : stage.failedAttempts[index - 1].logEnd
            return Rerun(
                type: attempt.failure.category.rawValue, message: attempt.failure.message,
                text: "attempt \(index + 1), after \(formatted(seconds: attempt.seconds)): \(attempt.failure.message)",
                log: stage.log.map { Log(file: $0, start: start, end: attempt.logEnd) })
        }
        switch stage.state {
        case .cached, .executed: break
        case .skipped: outcome = .skipped(message: stage.why)
        case .failed:
            let failure = stage.failure ?? StageFailure(.failed, stage.why)
            let place = "at \(stage.location), stage \(stage.name)"
            outcome = .error(
                type: failure.category.rawValue, message: failure.message,
                text: [failure.message, "", place, options.again(stage.name)].compactMap(\.self).joined(separator: "\n")
            )
            log = stage.log.map { Log(file: $0, start: stage.failedAttempts.last?.logEnd ?? 0) }
        }
        describe(stage, options)
    }

    private mutating func describe(_ stage: StageResult, _ options: JUnitOptions) {
        let outputs = stage.outputs.sorted { $0.key < $1.key }
        let metrics = stage.metrics.sorted { $0.key < $1.key }
        var lines = ["\(stage.state.rawValue): \(stage.why)"]
        if let key = stage.key { lines.append("key \(key)") }
        lines += outputs.map { "output \($0.key) \($0.value)" }
        lines += metrics.map { "metric \($0.key) \($0.value)" }
        if options.flavour.hasAttachments, let file = log?.file ?? reruns.first?.log?.file,
            FileManager.default.isReadableFile(atPath: file.path)
        {
            // GitLab takes the first, and the log may say anything.
            let path = options.flavour == .gitlab ? options.path(file.path) : file.path
            if !path.contains("]]"), !path.contains(where: \.isNewline) {
                lines.insert("[[ATTACHMENT|\(path)]]", at: 0)
            }
        }
        output = lines.joined(separator: "\n")
        guard options.flavour.hasProperties else { return }
        properties = [("kind", stage.kind), ("state", stage.state.rawValue), ("reason", stage.why)]
        if let key = stage.key { properties.append(("key", key.hex)) }
        properties += outputs.map { ("output." + $0.key, $0.value.hex) }
        properties += metrics.map { ("metric." + $0.key, "\($0.value)") }
        guard stage.state == .executed || stage.state == .failed else { return }
        properties.append(("attempts", "\(stage.attempts)"))
        properties.append(("seconds", "\(stage.seconds)"))
        if stage.peakMemoryBytes > 0 {
            properties.append(("cpu-seconds", "\(stage.cpuSeconds)"))
            properties.append(("peak-memory-bytes", "\(stage.peakMemoryBytes)"))
        }
    }

    /// A gate of a stage.
    fileprivate init(
        of gate: Gate, _ stage: StageResult, judged: [GateResult], _ history: [MetricRow], _ options: JUnitOptions
    ) {
        self.init(
            group: "gates", name: "\(stage.name) \(gate.metric) \(gate.comparison.words)", location: stage.location)
        guard let result = judged.first(where: { $0.metric == gate.metric && $0.expected == gate.expected }) else {
            outcome = .skipped(message: "\(stage.name) was \(stage.state.rawValue): \(stage.why)")
            return
        }
        let sentence = "\(gate.metric): expected \(result.expectation), found \(result.finding)"
        output = sentence
        if let past = result.past { output = sentence + "\n" + past.line }
        if options.flavour.hasProperties {
            properties = [("metric", gate.metric), ("expected", result.expected), ("found", result.finding)]
            if let bound = result.past?.bound { properties.append(("bound", "\(bound)")) }
        }
        guard !result.passed else { return }
        var lines = ["expected: \(result.expectation)", "found: \(result.finding)"]
        if let past = result.past { lines.append(past.line) }
        let history = history.filter { $0.name == gate.metric }
        if !history.isEmpty {
            lines.append(
                "in earlier runs, newest first: "
                    + history.map { "\($0.value) (\($0.run))" }.joined(separator: ", "))
        }
        lines += ["", "at \(stage.location), stage \(stage.name)"]
        if let again = options.again(stage.name) { lines.append(again) }
        outcome = .failure(type: "gate", message: sentence, text: lines.joined(separator: "\n"))
    }
}

extension PastValue {
    /// Whose value it is, in a line of its own.
    fileprivate var line: String { value.map { "earlier: \($0), \(origin)" } ?? "earlier: none, \(origin)" }
}

extension Gate.Comparison {
    fileprivate var words: String {
        switch self {
        case .atLeast: "at least"
        case .atMost: "at most"
        case .above: "above"
        case .below: "below"
        case .equal: "equal"
        }
    }
}
