import Artifacts
import GRDB

extension Catalogue {
    /// Artifacts and all that came before them, as an archive holds it.
    ///
    /// Of several executions that made an artifact, the one of `preferred` counts, else the latest whose result is there.
    /// - Parameters:
    ///   - preferred: keys, of the run that was asked for.
    ///   - withInputs: whether the blobs of what came before go with it, or the records alone.
    /// - Throws: `StoreError` with `.missing` if an artifact itself isn't whole.
    package func lineage(
        of artifacts: [Digest], preferring preferred: Set<Digest>, withInputs: Bool
    ) throws -> ArchiveContents {
        var contents = ArchiveContents()
        contents.artifacts = artifacts
        let wanted = Set(artifacts)
        var seen = wanted
        var waiting = artifacts
        while let artifact = waiting.popLast() {
            let isWanted = wanted.contains(artifact)
            let isWhole = store.isComplete(artifact)
            guard isWhole || !isWanted else {
                throw StoreError(
                    .missing, "artifact \(artifact) isn't whole: it was collected or is damaged; run its pipeline again"
                )
            }
            let isIncluded = isWhole && (withInputs || isWanted)
            if isIncluded { contents.included.insert(artifact) } else { contents.leftOut.insert(artifact) }
            guard let (record, stage) = try producer(of: artifact, preferring: preferred, contents) else { continue }
            contents.stages[record.key] = stage
            let outputs = Set(record.outputs.values)
            if isIncluded, outputs.allSatisfy(store.isComplete) {
                // An execution is of use with all its outputs only.
                contents.executions[record.key] = record
                contents.history[record.key] = nil
                contents.included.formUnion(outputs)
                seen.formUnion(outputs)
            } else if contents.executions[record.key] == nil {
                contents.history[record.key] = record
                contents.leftOut.formUnion(outputs)
            }
            for input in record.inputs where seen.insert(input.digest).inserted { waiting.append(input.digest) }
        }
        contents.leftOut.subtract(contents.included)
        return contents
    }

    private func producer(
        of artifact: Digest, preferring preferred: Set<Digest>, _ contents: ArchiveContents
    ) throws -> (ExecutionRecord, stage: String?)? {
        // Superseded executions stay here: an archive has one of each key.
        let candidates = try producers(of: artifact).filter { $0.artifact == artifact && !$0.isSuperseded }
        func rank(_ row: LineageRow) -> (Int, Double) {
            let isChosen = contents.executions[row.key] != nil || contents.history[row.key] != nil
            return (isChosen ? 3 : preferred.contains(row.key) ? 2 : store.hasExecution(row.key) ? 1 : 0, row.startedAt)
        }
        guard let best = candidates.max(by: { rank($0) < rank($1) }) else { return nil }
        if let record = try store.execution(best.key) { return (record, best.stage) }
        // Collected: its row is all that is left of it.
        guard let row = try execution(best.key) else { return nil }
        let record = ExecutionRecord(
            key: row.key, keyDocument: row.document, outputs: row.outputs, metrics: row.metrics,
            startedAt: row.startedAt, seconds: row.seconds, cpuSeconds: row.cpuSeconds,
            peakMemoryBytes: row.peakMemoryBytes, environment: row.environment)
        return (record, row.stage)
    }

    /// Indexes what an archive brought, and what an import before brought that was cut short. What is known by its record
    /// alone counts as an execution that was collected.
    package func adopt(_ archive: ImportedArchive, at time: Double) throws {
        let (index, store) = (archive.index, store)
        let new = Set(archive.executions.map(\.key))
        try write { db in
            for (key, stage) in index.executions {
                let sql = "SELECT count(*) FROM executions WHERE key = ? AND collected_at IS NULL"
                let isKnown = try Bool.fetchOne(db, sql: sql, arguments: [key.hex]) ?? false
                guard new.contains(key) || !isKnown, let record = try store.execution(key) else { continue }
                var manifests: [Digest: Manifest] = [:]
                for output in record.outputs.values { manifests[output] = try store.manifest(output) }
                try replace(by: record, stage: stage, manifests: manifests, db)
            }
            for record in archive.history {
                let key = record.key.hex
                let known = try Bool.fetchOne(
                    db, sql: "SELECT count(*) FROM executions WHERE key = ?", arguments: [key])
                if known == true { continue }
                try Self.adopt(record, stage: index.history[record.key] ?? nil, manifests: [:], db)
                try db.run("UPDATE executions SET collected_at = ? WHERE key = ?", [time, key])
            }
        }
    }

    /// The latest run in which a stage gave this artifact.
    package func latestRun(withOutput artifact: Digest) throws -> String? {
        try read { db in
            let sql = """
                SELECT run FROM run_outputs JOIN runs ON runs.id = run_outputs.run WHERE artifact = ?
                ORDER BY started_at DESC, id DESC LIMIT 1
                """
            return try String.fetchOne(db, sql: sql, arguments: [artifact.hex])
        }
    }

    /// The latest execution that was first met, or imported, under a stage's name.
    package func latestExecution(ofStage name: String) throws -> ExecutionRow? {
        try read { db in
            let sql = """
                SELECT key FROM executions WHERE stage = ? AND collected_at IS NULL
                ORDER BY started_at DESC, key LIMIT 1
                """
            guard let row = try Row.fetchOne(db, sql: sql, arguments: [name]) else { return nil }
            let key = try row.digest("key")
            return try Self.executions([key], db)[key]
        }
    }
}
