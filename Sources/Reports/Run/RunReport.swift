import Artifacts
import Catalogue
import Foundation
import Pipelines

/// All that a report says of one run, gathered from the catalogue and the store; pages and texts are made of it alone.
package struct RunReport: Sendable {
    package struct Output: Hashable, Sendable {
        package let role: String
        package let artifact: Digest
        package let type: ArtifactType
        package let bytes: Int

        init(_ row: OutputRow) { (role, artifact, type, bytes) = (row.role, row.artifact, row.type, row.bytes) }
    }

    package struct Stage: Sendable {
        package var row: RunStageRow
        /// The execution that made its outputs, in this run or earlier; nil if it has none.
        package var execution: ExecutionRow?
        package var outputs: [Output]
        package var metrics: [String: Double] = [:]
        /// What it read, by role.
        package var inputs: [ExecutionRecord.Input]
        package var startedAt: Double?
        package var threads: Int
        /// Names of the stages that it reads from.
        package var upstream: [String]

        /// The artifact that stands for its metrics.
        package var evidence: Digest? { outputs.evidence?.artifact }
    }

    package struct Table: Sendable {
        package let stage: String
        package let artifact: Digest
        package let content: ResultTable
        /// The metrics that a cell was read from, by `row.column`.
        package let sources: [String: Digest]
        /// By how much the composition in a row beats its own anchor, both in columns of the table, in the table's order.
        package let gains: [Gain]
    }

    /// A composed model's figure less its anchor's, on the same dataset.
    package struct Gain: Hashable, Sendable {
        package let row: String
        package let composed: String
        package let anchor: String
        package let value: Double
    }

    package var run: RunRow
    package var stages: [Stage]
    /// The store's path, if commands that don't name one would take another.
    package var store: String?
    package var gates: [GateRow]
    package var tables: [Table] = []
    package var curves: [StageCurve] = []
    package var comparisons: [PredictionComparison] = []
    /// What can't be shown, and why.
    package var missing: [String] = []
    /// Whether something of it is gone or couldn't be read; else there is too much of it.
    var hasUnreadable = false
}

extension [RunReport.Output] {
    /// Of a stage's outputs the one that stands for its metrics.
    var evidence: RunReport.Output? {
        first { $0.type == .metrics } ?? first { $0.type == .table } ?? first
    }
}

extension RunRow {
    /// What became of the run, in a word.
    package var verdict: (tone: Tone, word: String) {
        switch exit {
        case 0: (.good, "passed")
        case 1: (.bad, "gate missed")
        case 4: (.bad, "stage failed")
        case 5: (.bad, "store failed")
        case 130, 143: (.warn, "interrupted")
        case nil: (.warn, "unfinished")
        case _?: (.bad, "failed")
        }
    }
}

extension RunReport {
    /// Of a run that has executed nothing: what its result says, without what the catalogue and the store know of it.
    init(of result: RunResult, _ run: RunRow, store: Store) {
        let stages = result.stages.enumerated().map { position, stage in
            Stage(
                row: RunStageRow(
                    run: result.run, position: position, name: stage.name, kind: stage.kind,
                    state: stage.state.rawValue,
                    key: stage.key, seconds: stage.seconds, why: stage.why, location: stage.location.description),
                outputs: [], metrics: stage.metrics, inputs: [], threads: 0, upstream: [])
        }
        let gates = result.gates.map {
            GateRow(
                run: result.run, stage: $0.stage, metric: $0.metric, expected: $0.expected, value: $0.value,
                passed: $0.passed, bound: $0.past?.bound, found: $0.found)
        }
        self.init(run: run, stages: stages, gates: gates)
        self.store = Self.path(of: store)
    }
}

extension RunReport {
    /// The run's verdict in a sentence.
    package var sentence: String {
        switch run.exit {
        case 0: "Every stage is done, every gate passed."
        case 1: "\(counted(gates.count { !$0.passed }, "gate")) of \(gates.count) missed."
        case 4: "\(counted(count("failed"), "stage")) failed."
        case 5: "The store could not be used to the end."
        case 130, 143: "The run was interrupted."
        case nil: "The run has not ended, or was killed."
        case let code?: "The run ended with exit code \(code)."
        }
    }

    package func count(_ state: String) -> Int { stages.count { $0.row.state == state } }

    /// `12 executed, 19 cached`, without what there is none of.
    package var stateCounts: String {
        let states = ["executed", "cached", "failed", "skipped"]
        let some = states.map { (state: $0, count: count($0)) }.filter { $0.count > 0 }
        return some.isEmpty ? "no stages" : some.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
    }

    package var passedGates: Int { gates.count(where: \.passed) }
}
