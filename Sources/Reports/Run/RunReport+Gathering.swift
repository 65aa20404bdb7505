import Artifacts
import Catalogue
import Foundation
import Pipelines

extension RunReport {
    /// How much of each kind a report shows; what is beyond that is counted.
    package static let mostTables = 40
    static let mostCurves = 40
    static let mostComparisons = 24

    /// Everything that is known of a run.
    ///
    /// What the store no longer has, or has damaged, is listed in `missing`; it is no error.
    /// - Throws: `StoreError` if the catalogue can't be read.
    package init(_ run: RunRow, catalogue: Catalogue, store: Store) throws {
        let rows = try catalogue.stages(run: run.id)
        let executions = try catalogue.executions(of: rows)
        let outputs = Dictionary(grouping: try catalogue.outputs(run: run.id), by: \.stage)
        let folder = store.runs.appendingPathComponent(run.id, isDirectory: true)
        let record = RunRecord.read(from: folder)
        let recorded = Dictionary(
            (record?.stages ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var makers: [Digest: String] = [:]
        for row in rows {
            for output in outputs[row.name] ?? [] where makers[output.artifact] == nil {
                makers[output.artifact] = row.name
            }
        }
        let stages = rows.map { row in
            let own = executions[row.name]
            let inputs = own.map { ExecutionRecord.inputs(of: $0.document) } ?? []
            let known = recorded[row.name]
            var upstream = known?.upstream ?? []
            // Of runs from before it was recorded: who made what it read.
            if upstream.isEmpty {
                upstream = Set(inputs.compactMap { makers[$0.digest] }).subtracting([row.name]).sorted()
            }
            return Stage(
                row: row, execution: own,
                outputs: (outputs[row.name] ?? []).map(Output.init),
                metrics: own?.metrics ?? [:], inputs: inputs,
                startedAt: known?.startedAt ?? (row.state == "executed" ? own?.startedAt : nil),
                threads: known?.threads ?? 0, upstream: upstream)
        }
        self.init(run: run, stages: stages, gates: try catalogue.gates(run: run.id))
        self.store = Self.path(of: store)
        let reader = ArtifactReader(store: store, stages: stages)
        readTables(reader)
        readCurves(reader)
        readComparisons(reader)
    }

    /// A store's path; nil for the one that commands take here unless they are told otherwise.
    package static func path(of store: Store) -> String? {
        let usual = URL(fileURLWithPath: "artifacts", isDirectory: true).standardizedFileURL.path
        return store.root.standardizedFileURL.path == usual ? nil : store.root.path
    }

    private mutating func readTables(_ reader: ArtifactReader) {
        let all = stages.flatMap { stage in
            stage.outputs.filter { $0.type == .table }.map { (stage: stage, artifact: $0.artifact) }
        }
        for (stage, artifact) in all.prefix(Self.mostTables) {
            guard let content = reader.table(artifact) else {
                missing.append("the table of \(stage.row.name), \(artifact.short): gone or not readable")
                hasUnreadable = true
                continue
            }
            let sources = reader.labelledMetrics(of: stage)
            tables.append(
                Table(
                    stage: stage.row.name, artifact: artifact, content: content, sources: sources,
                    gains: reader.gains(in: content, sources: sources)))
        }
        if all.count > Self.mostTables { missing.append("\(all.count - Self.mostTables) more tables") }
    }

    private mutating func readCurves(_ reader: ArtifactReader) {
        var left = 0
        for stage in stages {
            guard curves.count < Self.mostCurves else {
                left += stage.outputs.contains { $0.type == .figure } ? 1 : 0
                continue
            }
            if let curve = reader.curve(of: stage) { curves.append(curve) }
        }
        if left > 0 { missing.append("curves of \(left) more stages") }
    }

    private mutating func readComparisons(_ reader: ArtifactReader) {
        let plans = PredictionComparison.plans(stages, reader)
        for plan in plans.prefix(Self.mostComparisons) {
            if let comparison = PredictionComparison(plan, reader) {
                comparisons.append(comparison)
            } else {
                missing.append("the predictions of \(plan.composed.stage) beside its bases': gone or not readable")
                hasUnreadable = true
            }
        }
        if plans.count > Self.mostComparisons {
            missing.append("\(plans.count - Self.mostComparisons) more comparisons of predictions")
        }
    }
}
