import Artifacts
import GRDB

extension Catalogue {
    /// Artifacts and all that came before them, as an archive holds it.
    ///
    /// Several executions may give the same artifact: stages that copy it or pass it on. Where a run is given, each input of
    /// its stages was made by those that they read in it; elsewhere all that made it count.
    /// - Parameters:
    ///   - executions: keys of those whose results were asked for; if there are none, all that made the artifacts.
    ///   - withInputs: whether the blobs of what came before go with it, or the records alone.
    /// - Throws: `StoreError` with `.missing` if an artifact itself isn't whole.
    package func lineage(
        of artifacts: [Digest], by executions: [Digest] = [], in run: RunLineage? = nil, withInputs: Bool
    ) throws -> ArchiveContents {
        var contents = ArchiveContents()
        contents.artifacts = artifacts
        for artifact in artifacts where !store.isComplete(artifact) {
            throw StoreError(
                .missing, "artifact \(artifact) isn't whole: it was collected or is damaged; run its pipeline again")
        }
        contents.included = Set(artifacts)
        let roots = Set(executions.isEmpty ? try artifacts.flatMap { try makers(of: $0) } : executions)
        var seen = roots
        var waiting = roots.sorted()
        while let key = waiting.popLast() {
            guard let (record, stage) = try recorded(key) else { continue }
            contents.stages[key] = run?.names[key] ?? stage
            let clear = record.clearVariables
            guard clear.isEmpty else {
                contents.withheld[key] = clear
                continue
            }
            let outputs = Set(record.outputs.values)
            // An execution is of use with all its outputs only.
            if withInputs || roots.contains(key), store.hasExecution(key), outputs.allSatisfy(store.isComplete) {
                contents.executions[key] = record
                contents.included.formUnion(outputs)
            } else {
                contents.history[key] = record
                contents.leftOut.formUnion(outputs)
            }
            for input in Set(record.inputs.map(\.digest)) {
                if withInputs, store.isComplete(input) {
                    contents.included.insert(input)
                } else {
                    contents.leftOut.insert(input)
                }
                for maker in try makers(of: input, for: key, in: run) where seen.insert(maker).inserted {
                    waiting.append(maker)
                }
            }
        }
        contents.leftOut.subtract(contents.included)
        contents.aliases = (run?.keys ?? [:]).filter { name, key in
            contents.withheld[key] == nil && contents.stages[key].map { $0 != name } ?? false
        }
        return contents
    }

    /// The executions that made what `reader` read: in its run, if it is known there.
    private func makers(of artifact: Digest, for reader: Digest, in run: RunLineage?) throws -> [Digest] {
        let all = try makers(of: artifact)
        guard let upstream = run?.upstream[reader] else { return all }
        let own = all.filter(upstream.contains)
        // A stage that reads no other one reads files. What another made now differs from what it made then.
        return own.isEmpty && !upstream.isEmpty ? all : own
    }

    /// The executions that made an artifact; those that were collected only if there are no others. Superseded ones stay
    /// here: an archive has one of each key.
    private func makers(of artifact: Digest) throws -> [Digest] {
        let all = Set(try producers(of: artifact).filter { $0.artifact == artifact && !$0.isSuperseded }.map(\.key))
        let stored = all.filter(store.hasExecution)
        return (stored.isEmpty ? all : stored).sorted()
    }

    private func recorded(_ key: Digest) throws -> (ExecutionRecord, stage: String?)? {
        let row = try execution(key)
        if let record = try store.execution(key) { return (record, row?.stage) }
        // Collected: its row is what is left of it.
        return row.map { (ExecutionRecord($0), $0.stage) }
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
            let known = try Row.fetchOne(db, sql: sql, arguments: [name])?.digest("key")
            let aliased = known == nil ? try store.imports().compactMap { $0.aliases[name] } : []
            guard let key = known ?? aliased.first(where: store.hasExecution) else { return nil }
            return try Self.executions([key], db)[key]
        }
    }
}
