import Artifacts
import Catalogue

/// What differs between two runs, of one pipeline or of two; from the catalogue alone.
package struct RunComparison: Sendable {
    /// One thing by its name, before and now; nil where it isn't.
    package struct Change<Value: Sendable & Hashable>: Sendable, Hashable {
        package let name: String
        package let before: Value?
        package let now: Value?

        package init(name: String, before: Value?, now: Value?) {
            self.name = name
            self.before = before
            self.now = now
        }
    }

    /// A gate's verdict.
    package struct Verdict: Sendable, Hashable {
        package let value: Double?
        package let passed: Bool
    }

    /// One stage in both runs.
    package struct Stage: Sendable {
        package enum Kind: String, Sendable {
            case same, changed, added, removed
            /// One of the runs has not come to it, and may be under way.
            case notReached = "not-reached"
        }

        package let name: String
        package let before: RunStageRow?
        package let now: RunStageRow?
        /// Fields of its key: kind, version, inputs and parameters.
        package let differences: [Why.Difference]
        package let outputs: [Change<Digest>]
        package let metrics: [Change<Double>]
        /// Of the execution that gave the result, in whichever run that was.
        package let seconds: Change<Double>
        /// Whether the run that doesn't have it had not come to it when it was last heard of.
        package var isAhead = false

        package var kind: Kind {
            guard let before else { return isAhead ? .notReached : .added }
            guard let now else { return isAhead ? .notReached : .removed }
            let isSame = differences.isEmpty && outputs.isEmpty && metrics.isEmpty && before.kind == now.kind
            return isSame && before.isDone == now.isDone ? .same : .changed
        }
    }

    package let before: RunRow
    package let now: RunRow
    /// Those that differ.
    package let parameters: [Change<JSONValue>]
    /// All, in the order of the later run, then those that it hasn't.
    package let stages: [Stage]
    /// Those whose verdict or value differs.
    package let gates: [Change<Verdict>]

    /// Whether they gave the same; times aren't looked at.
    package var isSame: Bool {
        before.pipeline == now.pipeline && before.exit == now.exit && parameters.isEmpty && gates.isEmpty
            && stages.allSatisfy { $0.kind == .same }
    }
}

extension RunComparison {
    package init(from before: RunRow, to now: RunRow, _ catalogue: Catalogue) throws {
        self.before = before
        self.now = now
        parameters = Self.changes(before.parameters.fields, now.parameters.fields)
        let (one, two) = (try RunContents(before, catalogue), try RunContents(now, catalogue))
        let names = two.stages.map(\.name) + one.stages.map(\.name).filter { two.byName[$0] == nil }
        stages = try names.map { name in
            var stage = try Self.stage(name, one, two, catalogue)
            if stage.before == nil || stage.now == nil {
                stage.isAhead = Self.isAhead(name, in: stage.before == nil ? before : now, catalogue)
            }
            return stage
        }
        gates = Self.changes(one.gates, two.gates)
    }

    /// Whether a run may still come to a stage that it has no record of, or might have if it had not been killed.
    private static func isAhead(_ name: String, in run: RunRow, _ catalogue: Catalogue) -> Bool {
        guard run.exit == nil else { return false }
        let plan = RunPlan(in: catalogue.store.runs.appendingPathComponent(run.id, isDirectory: true))
        return plan?.stages.contains(name) ?? true
    }

    private static func stage(
        _ name: String, _ one: RunContents, _ two: RunContents, _ catalogue: Catalogue
    ) throws -> Stage {
        let (before, now) = (one.byName[name], two.byName[name])
        var differences: [Why.Difference] = []
        if let before, let now, before.key != now.key, let old = try one.document(of: before, catalogue),
            let new = try two.document(of: now, catalogue)
        {
            let labels = InputLabels(now: two.allOutputs, before: one.allOutputs)
            differences = Why.differences(
                from: old, to: new, inputs: try labels.inputs(of: now, new, since: old, two.byName, catalogue))
        }
        return Stage(
            name: name, before: before, now: now, differences: differences,
            outputs: changes(one.outputs(of: name), two.outputs(of: name)),
            metrics: changes(one.metrics(of: name), two.metrics(of: name)),
            seconds: Change(name: name, before: one.seconds(of: name), now: two.seconds(of: name)))
    }

    /// The values that differ, by name. Two that are "not a number" don't.
    static func changes<Value: Hashable & Sendable>(
        _ old: [String: Value], _ new: [String: Value]
    ) -> [Change<Value>] {
        Set(old.keys).union(new.keys).sorted().compactMap { name in
            let (before, now) = (old[name], new[name])
            if before == now { return nil }
            if let before = before as? Double, let now = now as? Double, before.isNaN, now.isNaN { return nil }
            return Change(name: name, before: before, now: now)
        }
    }
}

extension JSONValue {
    fileprivate var fields: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
}

/// All that the catalogue knows of one run.
private struct RunContents {
    let stages: [RunStageRow]
    let byName: [String: RunStageRow]
    let gates: [String: RunComparison.Verdict]
    /// By the names of their stages.
    private let executions: [String: ExecutionRow]
    let allOutputs: [OutputRow]

    init(_ run: RunRow, _ catalogue: Catalogue) throws {
        stages = try catalogue.stages(run: run.id)
        byName = Dictionary(stages.map { ($0.name, $0) }) { first, _ in first }
        executions = try catalogue.executions(of: stages)
        allOutputs = try catalogue.outputs(run: run.id)
        let rows = try catalogue.gates(run: run.id)
        gates = Dictionary(
            rows.map {
                ("\($0.stage).\($0.metric) \($0.expected)", RunComparison.Verdict(value: $0.value, passed: $0.passed))
            }
        ) { first, _ in first }
    }

    func outputs(of name: String) -> [String: Digest] { executions[name]?.outputs ?? [:] }

    func metrics(of name: String) -> [String: Double] { executions[name]?.metrics ?? [:] }

    func seconds(of name: String) -> Double? {
        guard let stage = byName[name] else { return nil }
        return stage.state == "cached" ? executions[name]?.seconds : stage.state == "skipped" ? nil : stage.seconds
    }

    func document(of stage: RunStageRow, _ catalogue: Catalogue) throws -> JSONValue? {
        guard let key = stage.key else { return nil }
        return try executions[stage.name]?.document ?? catalogue.keyDocument(key)
    }
}
