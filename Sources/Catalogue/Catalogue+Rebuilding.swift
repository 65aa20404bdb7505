import Artifacts
import Foundation
import GRDB

extension Catalogue {
    /// What a rebuilt catalogue holds, and where the one before it is.
    package struct Rebuilt: Hashable, Sendable {
        package var executions: Int
        package var runs: Int
        /// The old catalogue's place below `quarantine/`; nil if there was none.
        package var setAside: String?
    }

    /// Makes the catalogue of a store anew from execution records and runs' records; the old one is set aside.
    ///
    /// Waits until no run is under way, since it would go on writing to the old one.
    /// - Throws: `StoreError`.
    package static func rebuild(_ store: Store) throws -> Rebuilt {
        let lock = try FileLock.exclusive(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        // What was before there were records of it is only in the old catalogue, if that can still be read.
        if FileManager.default.fileExists(atPath: store.catalogue.path), let old = try? Catalogue(store: store) {
            try? old.writeMissingRecords()
        }
        let place = try setAside(store)
        let catalogue: Catalogue
        do {
            catalogue = try Catalogue(store: store, needsAll: true)
        } catch let error as StoreError {
            try putBack(place, store)
            throw StoreError(error.code, "\(error.message); the catalogue stays as it was")
        }
        let counts = try catalogue.read { db in
            (
                try Int.fetchOne(db, sql: "SELECT count(*) FROM executions") ?? 0,
                try Int.fetchOne(db, sql: "SELECT count(*) FROM runs") ?? 0
            )
        }
        return Rebuilt(executions: counts.0, runs: counts.1, setAside: place)
    }

    private func writeMissingRecords() throws {
        for run in try runs(limit: .max) {
            let folder = store.runs.appendingPathComponent(run.id)
            do {
                _ = try RunRecord.load(from: folder)
            } catch  where error.code == .missing || error.code == .damaged {
                if error.code == .damaged { _ = try RunRecord.setAside(folder, in: store) }
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try record(of: run).write(to: folder)
            } catch {
                continue
            }
        }
        for (record, time) in try collectedRecords() where !store.hasCollected(record.key) {
            try store.keep(collected: record, at: time)
        }
    }

    /// What was set aside, in the place of what can't be made whole.
    private static func putBack(_ place: String?, _ store: Store) throws {
        let file = store.catalogue.path
        for suffix in ["-wal", "-shm", ""] { unlink(file + suffix) }
        guard let place else { return }
        for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: place + suffix) {
            guard rename(place + suffix, file + suffix) == 0 else {
                throw StoreError(
                    .io, "can't move \(place + suffix) back to \(file): \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func setAside(_ store: Store) throws -> String? {
        let file = store.catalogue.path
        var place: String?
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: file + suffix) {
            let name = "catalogue-\(UUID().uuidString.prefix(8)).sqlite"
            let target = place ?? store.quarantine.appendingPathComponent(name).path
            try FileManager.default.createDirectory(at: store.quarantine, withIntermediateDirectories: true)
            guard rename(file + suffix, target + suffix) == 0 else {
                throw StoreError(.io, "can't move \(file + suffix) away: \(String(cString: strerror(errno)))")
            }
            place = target
        }
        return place
    }

    /// Everything that the catalogue knows of one run: less than the run wrote itself.
    package func record(of run: RunRow) throws -> RunRecord { try read { db in try Self.record(of: run, db) } }

    static func record(of run: RunRow, _ db: Database) throws -> RunRecord {
        var stages = try RunStageRow.fetchAll(
            db, sql: "SELECT * FROM run_stages WHERE run = ? ORDER BY position, name", arguments: [run.id])
        for index in stages.indices {
            guard let key = stages[index].key else { continue }
            stages[index].document = try Row.fetchOne(
                db, sql: "SELECT document FROM key_documents WHERE key = ?", arguments: [key.hex])?.json("document")
        }
        let gates = try GateRow.fetchAll(
            db, sql: "SELECT * FROM gates WHERE run = ? ORDER BY stage, metric, expected", arguments: [run.id])
        return RunRecord(run: run, stages: stages, gates: gates)
    }

    /// Indexes every execution record of the store whose artifacts can be read, the records of what was collected and of
    /// what was superseded, and every run's record, the oldest first; over what a filling that was cut short has left.
    ///
    /// What is damaged is left out.
    ///
    /// - Parameters:
    ///   - needsAll: whether it is an error that part of the history can't be read just now; else it is left out as well.
    ///   - note: told of that.
    func fill(needsAll: Bool, _ note: (String) -> Void) throws {
        func usable<Value>(_ read: () throws -> Value) throws -> Value? {
            do {
                return try store.ifUsable(read)
            } catch let error as StoreError {
                guard !needsAll, error.code == .io else { throw error }
                note(
                    "note: \(error.message); the catalogue is made without it, and with it by `calm store rebuild-catalogue` once it can be read"
                )
                return nil
            }
        }
        func manifests(of record: ExecutionRecord) throws -> [Digest: Manifest] {
            try record.outputs.values.reduce(into: [:]) { manifests, output in
                manifests[output] = try usable { try store.manifest(output) }
            }
        }
        let names = try store.imports(reading: usable).reduce(into: [Digest: String]()) { names, index in
            for (key, stage) in index.executions.merging(index.history, uniquingKeysWith: { first, _ in first }) {
                names[key] = names[key] ?? stage
            }
        }
        try each(store.executionKeys()) { key, db in
            guard let record = try store.execution(key) else { return }
            let manifests = try manifests(of: record)
            // Without its outputs an execution is of no use: the stage has to run again.
            guard manifests.count == Set(record.outputs.values).count else { return }
            try Self.adopt(record, stage: names[key], manifests: manifests, db)
        }
        try each(store.collectedKeys().filter { !store.hasExecution($0) }) { key, db in
            guard let (record, time) = try usable({ try store.collectedExecution(key) }) else { return }
            try Self.adopt(record, stage: names[key], manifests: [:], db)
            try db.run("UPDATE executions SET collected_at = ? WHERE key = ?", [time, key.hex])
        }
        // Runs have their numbers, whatever has become of their outputs.
        try each(store.supersededResults()) { result, db in
            guard let record = try store.superseded(result) else { return }
            try Self.adopt(superseded: record, manifests: manifests(of: record), db)
        }
        let records = try (usable { try store.runFolders() } ?? []).compactMap { folder in
            try usable { try RunRecord.load(from: folder) }
        }
        try each(records.sorted { ($0.run.startedAt, $0.run.id) < ($1.run.startedAt, $1.run.id) }) { record, db in
            try db.run("DELETE FROM runs WHERE id = ?", [record.run.id])
            try Self.insert(record.run, db)
            try Self.record(record.stages, db)
            for gate in record.gates { try Self.record(gate, db) }
        }
        try write(evenIfReadOnly: true) { db in
            try db.execute(
                sql: """
                    UPDATE superseded_executions AS past SET stage = coalesce(
                        (SELECT stage FROM executions WHERE executions.key = past.key),
                        (SELECT name FROM run_stages WHERE run_stages.key = past.key ORDER BY run LIMIT 1))
                    """)
        }
    }

    /// Some hundreds a transaction, which is faster than one each and lets other writers in between.
    private func each<Element>(_ elements: [Element], _ body: (Element, Database) throws -> Void) throws {
        for start in stride(from: 0, to: elements.count, by: 500) {
            try write(evenIfReadOnly: true) { db in
                for element in elements[start..<min(start + 500, elements.count)] { try body(element, db) }
            }
        }
    }
}
