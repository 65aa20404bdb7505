import Foundation
import Pipelines

/// A run as JUnit XML: a suite a pipeline, a case a stage and a case a gate.
///
/// Valid against Jenkins' junit-10.xsd. `failure` is a missed gate, `error` a stage that failed, `skipped` what a failure
/// left undone. Names are stable from run to run: what varies stands in messages and output.
package struct JUnitReport: Sendable {
    private struct Case {
        enum Outcome {
            case passed
            case skipped(message: String)
            case failure(type: String, message: String, text: String)
            case error(type: String, message: String, text: String)
        }

        let group: String
        var name: String
        var seconds: Double = 0
        var outcome: Outcome = .passed
        var output: String?
    }

    private let suite: String
    private let startedAt: Date
    private let seconds: Double
    private let properties: [(name: String, value: String)]
    private let cases: [Case]

    /// The report of a run of `pipeline`, complete whatever became of the run.
    package init(of result: RunResult, pipeline: ResolvedPipeline) {
        suite = pipeline.name
        startedAt = result.startedAt
        seconds = result.seconds
        properties =
            [("run", result.run), ("exit", String(result.exit))]
            + pipeline.parameters.sorted { $0.key < $1.key }.map { ("params." + $0.key, $0.value.canonical) }

        var cases: [Case] = []
        let gates = Dictionary(grouping: result.gates, by: \.stage)
        let stages = Dictionary(uniqueKeysWithValues: pipeline.stages.map { ($0.name, $0) })
        for stage in result.stages {
            cases.append(JUnitReport.stageCase(stage))
            let judged = gates[stage.name] ?? []
            var names: [String: Int] = [:]
            for gate in stages[stage.name]?.gates ?? [] {
                var item = JUnitReport.gateCase(gate, of: stage, judged: judged)
                // CI servers take two cases of one name for one.
                names[item.name, default: 0] += 1
                if let count = names[item.name], count > 1 { item.name += " #\(count)" }
                cases.append(item)
            }
        }
        self.cases = cases
    }

    /// The report of a run that never began: a pipeline or a store that can't be used.
    package init(of problem: String, messages: [String], pipeline: String, startedAt: Date) {
        suite = pipeline
        self.startedAt = startedAt
        seconds = 0
        properties = []
        let text = messages.joined(separator: "\n")
        cases = [
            Case(
                group: "plan", name: problem,
                outcome: .error(type: problem, message: messages.first ?? problem, text: text))
        ]
    }

    private static func stageCase(_ stage: StageResult) -> Case {
        var item = Case(group: "stages", name: stage.name, seconds: stage.seconds)
        switch stage.state {
        case .cached, .executed: break
        case .skipped: item.outcome = .skipped(message: stage.why)
        case .failed:
            let failure = stage.failure ?? StageFailure(.failed, stage.why)
            item.outcome = .error(
                type: failure.category.rawValue, message: failure.message,
                text: failure.message + "\n\nat \(stage.location), stage \(stage.name)")
        }
        var lines = ["\(stage.state.rawValue): \(stage.why)"]
        if let key = stage.key { lines.append("key \(key)") }
        lines += stage.outputs.sorted { $0.key < $1.key }.map { "output \($0.key) \($0.value)" }
        lines += stage.metrics.sorted { $0.key < $1.key }.map { "metric \($0.key) \($0.value)" }
        if stage.state == .failed, let text = stage.log.flatMap({ excerpt(of: $0) }) { lines.append("log:\n" + text) }
        item.output = lines.joined(separator: "\n")
        return item
    }

    private static func gateCase(_ gate: Gate, of stage: StageResult, judged: [GateResult]) -> Case {
        var item = Case(group: "gates", name: "\(stage.name) \(gate.metric) \(gate.comparison.words)")
        guard let result = judged.first(where: { $0.metric == gate.metric && $0.expected == gate.expected }) else {
            item.outcome = .skipped(message: "\(stage.name) was \(stage.state.rawValue): \(stage.why)")
            return item
        }
        item.output = "\(gate.metric): expected \(result.expectation), found \(result.finding)"
        if !result.passed {
            item.outcome = .failure(
                type: "gate", message: "\(gate.metric): expected \(result.expectation), found \(result.finding)",
                text: "at \(stage.location), stage \(stage.name)")
        }
        return item
    }

    /// A log, or the head and tail of a long one; nil if there is none.
    private static func excerpt(of log: URL, limit: UInt64 = 100_000) -> String? {
        guard let handle = try? FileHandle(forReadingFrom: log) else { return nil }
        defer { try? handle.close() }
        guard let size = try? handle.seekToEnd(), size > 0, (try? handle.seek(toOffset: 0)) != nil else { return nil }
        guard size > limit else { return String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self) }
        var head = (try? handle.read(upToCount: Int(limit / 2))) ?? Data()
        guard (try? handle.seek(toOffset: size - limit / 2)) != nil else { return nil }
        var tail = (try? handle.read(upToCount: Int(limit / 2))) ?? Data()
        // No character is cut in two: continuation bytes at the cuts go, and the lead byte before them.
        while let last = head.last, last & 0xC0 == 0x80 { head.removeLast() }
        if let last = head.last, last & 0xC0 == 0xC0 { head.removeLast() }
        while let first = tail.first, first & 0xC0 == 0x80 { tail.removeFirst() }
        let omitted = Int(size) - head.count - tail.count
        return String(decoding: head, as: UTF8.self) + "\n… \(omitted) bytes left out …\n"
            + String(decoding: tail, as: UTF8.self)
    }

    /// The XML document, UTF-8.
    package func xml() -> Data {
        var (failures, errors, skipped) = (0, 0, 0)
        for item in cases {
            switch item.outcome {
            case .passed: break
            case .skipped: skipped += 1
            case .failure: failures += 1
            case .error: errors += 1
            }
        }
        let document = XMLDocument()
        document.element(
            "testsuites",
            [
                "name": "calm", "time": time(seconds), "tests": "\(cases.count)", "failures": "\(failures)",
                "errors": "\(errors)",
            ]
        ) {
            document.element(
                "testsuite",
                [
                    "name": suite, "tests": "\(cases.count)", "failures": "\(failures)", "errors": "\(errors)",
                    "skipped": "\(skipped)", "time": time(seconds), "timestamp": timestamp(startedAt),
                ]
            ) {
                if !properties.isEmpty {
                    document.element("properties") {
                        for property in properties {
                            document.element("property", ["name": property.name, "value": property.value])
                        }
                    }
                }
                for item in cases { write(item, to: document) }
            }
        }
        return document.finish()
    }

    private func write(_ item: Case, to document: borrowing XMLDocument) {
        document.element(
            "testcase",
            ["name": item.name, "classname": "\(suite).\(item.group)", "time": time(item.seconds)]
        ) {
            switch item.outcome {
            case .passed: break
            case .skipped(let message): document.element("skipped", ["message": message])
            case .failure(let type, let message, let text):
                document.element("failure", ["type": type, "message": message], text: text)
            case .error(let type, let message, let text):
                document.element("error", ["type": type, "message": message], text: text)
            }
            if let output = item.output { document.element("system-out", text: output) }
        }
    }

    /// Seconds with at most three decimals and no exponent, as the schema asks.
    private func time(_ seconds: Double) -> String {
        // Not by a format, which costs more than the rest of a case.
        let milliseconds = Int((max(0, min(seconds, 1e12)) * 1000).rounded())
        let rest = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private func timestamp(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false))
    }
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
