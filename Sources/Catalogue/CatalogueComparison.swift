import Artifacts
import Foundation
import GRDB

/// Compares the rows of a catalogue with those that the store's files give.
struct CatalogueComparison {
    private struct Table {
        let name: String
        /// Which columns name a row, the execution or artifact that it belongs to first.
        let names: [String]
    }

    private static let tables = [
        Table(name: "execution_inputs", names: ["key", "role", "position"]),
        Table(name: "execution_outputs", names: ["key", "role"]),
        Table(name: "metrics", names: ["key", "name"]),
    ]

    private let store: Store
    /// The catalogue that there is, and one made in memory from the records.
    private let actual: Database
    private let expected: Database
    private(set) var report: VerificationReport
    /// Executions whose rows are not to be compared: they are new, or already found to be damaged.
    private var skipped: Set<Digest> = []

    init(_ store: Store, _ actual: Database, _ expected: Database, _ report: VerificationReport) throws {
        self.store = store
        self.actual = actual
        self.expected = expected
        self.report = report
    }

    mutating func run() throws {
        try readRecords()
        try compareExecutions()
        for table in Self.tables { try compare(table) }
        try compareSuperseded()
        try compareArtifacts()
        try compareRuns()
        try nameStages()
    }

    private func readRecords() throws {
        for key in try store.executionKeys() {
            guard let record = try store.execution(key) else { continue }
            try Catalogue.adopt(record, stage: nil, manifests: store.readableManifests(of: record), expected)
        }
        for result in try store.supersededResults() {
            guard let record = try store.superseded(result) else { continue }
            let manifests = store.readableManifests(of: record)
            try Catalogue.adopt(superseded: record, manifests: manifests, expected)
        }
    }

    private mutating func compareExecutions() throws {
        let aside: Set<Digest> = Set(
            report.damage.compactMap { if case .execution(let key) = $0.subject { key } else { nil } })
        let newer: Set<Digest> = Set(
            report.notes.compactMap { if case .newerRecord(let key) = $0 { key } else { nil } })
        let (rows, wanted, collected) = (try executions(actual), try executions(expected), try collected())
        for key in Set(rows.keys).union(wanted.keys).sorted() {
            guard let row = rows[key] else {
                skipped.insert(key)
                report.notes.append(.unindexed(key))
                continue
            }
            guard let record = wanted[key] else {
                skipped.insert(key)
                // Known to be damaged already, or written while this ran.
                if aside.contains(key) || newer.contains(key) { continue }
                if collected.contains(key) || store.isSetAside(execution: key) { continue }
                if try store.execution(key) != nil { continue }
                report.damage.append(
                    VerificationReport.Damage(
                        subject: .execution(key), problem: .missing,
                        message:
                            "execution record \(key) is missing: no file \(store.executionURL(key).path); a run that needs it makes it anew, `calm store rebuild-catalogue` forgets it"
                    ))
                continue
            }
            if row == record { continue }
            skipped.insert(key)
            // A record that was written anew has other times; one whose row alone was changed has not.
            let isOlder = row.values[0] != record.values[0] && row.values[1] != record.values[1]
            if isOlder, row.text == record.text {
                report.notes.append(.unindexed(key))
            } else {
                add("the row of execution \(key) isn't what its record says")
            }
        }
    }

    private func collected() throws -> Set<Digest> {
        var found: Set<Digest> = []
        try actual.each("SELECT key FROM executions WHERE collected_at IS NOT NULL", []) { row in
            found.insert(try row.digest("key"))
        }
        return found
    }

    private struct ExecutionValues: Equatable {
        /// When it started and how long it took, which differ from one execution of a key to the next.
        let values: [DatabaseValue]
        /// What the key says.
        let text: [DatabaseValue]
        let rest: [DatabaseValue]
    }

    private func executions(_ db: Database) throws -> [Digest: ExecutionValues] {
        var found: [Digest: ExecutionValues] = [:]
        try db.each("SELECT * FROM executions", []) { row in
            func values(_ columns: String...) -> [DatabaseValue] { columns.map { row[$0] } }
            found[try row.digest("key")] = ExecutionValues(
                values: values("started_at", "seconds"), text: values("kind", "version", "document"),
                rest: values("cpu_seconds", "peak_memory_bytes", "environment", "result"))
        }
        return found
    }

    private mutating func compareSuperseded() throws {
        let (rows, wanted) = (try superseded(actual), try superseded(expected))
        for result in Set(rows.keys).union(wanted.keys).sorted() {
            guard let row = rows[result] else {
                // Superseded just now, so that its rows are still those of its key.
                let note = VerificationReport.Note.unindexed(result.key)
                if !report.notes.contains(note) { report.notes.append(note) }
                continue
            }
            guard let record = wanted[result] else {
                let subject = VerificationReport.Subject.file(store.supersededName(result))
                // Known to be damaged already, or the result of its key again.
                let isExcused = try store.has(result) || report.damage.contains { $0.subject == subject }
                if row.isCollected || isExcused { continue }
                report.damage.append(
                    VerificationReport.Damage(
                        subject: subject, problem: .missing,
                        message:
                            "the superseded execution record \(result.key) is missing: no file \(store.supersededName(result)); runs had its result; `calm store rebuild-catalogue` forgets it"
                    ))
                continue
            }
            if row.values != record.values {
                add("the rows of the superseded execution \(result.key) \(result.result) aren't what its record says")
            }
        }
    }

    /// All that is known of superseded executions but for the names of their stages.
    private func superseded(_ db: Database) throws -> [KeyedResult: (isCollected: Bool, values: [[DatabaseValue]])] {
        var found: [KeyedResult: (isCollected: Bool, values: [[DatabaseValue]])] = [:]
        func each(_ sql: String, _ body: (KeyedResult, Row) throws -> Void) throws {
            try db.each(sql, []) { row in
                guard let result = try row.result("result") else { return }
                try body(KeyedResult(key: try row.digest("key"), result: result), row)
            }
        }
        let columns = "kind, version, document, started_at, seconds, cpu_seconds, peak_memory_bytes, environment"
        try each("SELECT key, result, \(columns), collected_at FROM superseded_executions") { result, row in
            let isCollected = try row.value("collected_at", as: Double?.self) != nil
            found[result] = (isCollected, [row.databaseValues.dropLast()])
        }
        for (table, name) in [("superseded_outputs", "role"), ("superseded_metrics", "name")] {
            try each("SELECT * FROM \(table) ORDER BY key, result, \(name)") { result, row in
                found[result]?.values.append(Array(row.databaseValues))
            }
        }
        return found
    }

    private mutating func compare(_ table: Table) throws {
        func rows(_ db: Database) throws -> [[DatabaseValue]: [DatabaseValue]] {
            var found: [[DatabaseValue]: [DatabaseValue]] = [:]
            try db.each("SELECT * FROM \(table.name)", []) { row in
                if let key = Digest(hex: try row.value("key")), skipped.contains(key) { return }
                found[table.names.map { row[$0] }] = Array(row.databaseValues)
            }
            return found
        }
        let (found, wanted) = (try rows(actual), try rows(expected))
        let names = Set(found.keys).union(wanted.keys).filter { found[$0] != wanted[$0] }
        for name in names.map({ $0.map(\.description).joined(separator: " ") }).sorted() {
            add("the row \(name) of \(table.name) isn't what the execution's record says")
        }
    }

    /// An artifact's rows give its manifest, whose digest is the artifact's: no file is needed to check them.
    private mutating func compareArtifacts() throws {
        let all = "(SELECT digest FROM artifacts)"
        let sound = try Catalogue.manifests(all, [], actual)
        try actual.each("SELECT digest, bytes FROM artifacts", []) { row in
            let artifact = try row.digest("digest")
            guard let manifest = sound[artifact] else {
                return add("the rows of artifact \(artifact) don't give its manifest")
            }
            if try row.value("bytes", as: Int.self) != manifest.bytes {
                add("the row of artifact \(artifact) gives another size than its members have")
            }
        }
        for artifact in try Catalogue.manifests(all, [], expected).keys.sorted() where sound[artifact] == nil {
            let keys = try Set(
                Row.fetchAll(
                    actual, sql: "SELECT key FROM execution_outputs WHERE artifact = ?", arguments: [artifact.hex]
                ).map { try $0.digest("key") })
            let isListed = try Bool.fetchOne(
                actual, sql: "SELECT count(*) FROM artifacts WHERE digest = ?", arguments: [artifact.hex])
            if isListed != true, !keys.subtracting(skipped).isEmpty { add("artifact \(artifact) has no row") }
        }
    }

    /// The history of runs that have ended, against their own records.
    private mutating func compareRuns() throws {
        let folders: [URL]
        do {
            folders = try store.runFolders()
        } catch {
            report.notes.append(.unreadable("the history of runs isn't compared with their records: \(error.message)"))
            return
        }
        for folder in folders {
            var record: RunRecord
            do {
                record = try RunRecord.load(from: folder).asRows
            } catch  where error.code == .damaged {
                try mend(folder, error)
                continue
            } catch {
                if error.code == .io { report.notes.append(.unreadable(error.message)) }
                continue
            }
            guard record.run.exit != nil else { continue }
            let id = record.run.id
            let run = try RunRow.fetchOne(actual, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id])
            guard run?.exit != nil else {
                report.notes.append(.unindexedRun(id))
                continue
            }
            let stages = try RunStageRow.fetchAll(
                actual, sql: "SELECT * FROM run_stages WHERE run = ? ORDER BY name", arguments: [id])
            let gates = try GateRow.fetchAll(
                actual, sql: "SELECT * FROM gates WHERE run = ? ORDER BY stage, metric, expected", arguments: [id])
            // Records of runs from before there were results say none.
            for (index, row) in zip(record.stages.indices, stages) where record.stages[index].result == nil {
                record.stages[index].result = row.result
            }
            if run != record.run { add("the row of run \(id) isn't what \(folder.lastPathComponent)/run.json says") }
            if stages != record.stages { add("the stages of run \(id) aren't what its run.json says") }
            if gates != record.gates { add("the gates of run \(id) aren't what its run.json says") }
        }
    }

    /// Sets a damaged record of a run aside, and writes it anew from the catalogue if that knows how the run ended.
    private mutating func mend(_ folder: URL, _ error: StoreError) throws {
        let id = folder.lastPathComponent
        let run = try RunRow.fetchOne(actual, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id])
        var message = error.message
        var place: String?
        do {
            place = try RunRecord.setAside(folder, in: store)
            if let run {
                try Catalogue.record(of: run, actual).write(to: folder)
                message += "; it was written anew from the catalogue"
            } else {
                message +=
                    "; the catalogue doesn't know of the run, so that its logs and reports are all that is left of it"
            }
        } catch let failure as StoreError {
            report.notes.append(.unmovable("the damaged file stays in its place: \(failure.message)"))
        }
        report.damage.append(
            VerificationReport.Damage(
                subject: .file("runs/\(id)/\(RunRecord.file)"), problem: .damaged, message: message, quarantined: place)
        )
    }

    /// Fills in the names of stages, and what depends on records that can't say so themselves.
    private mutating func nameStages() throws {
        var names: [Digest: String] = [:]
        try actual.each("SELECT key, stage FROM executions WHERE stage IS NOT NULL", []) { row in
            names[try row.digest("key")] = try row.value("stage")
        }
        for index in report.damage.indices {
            if case .execution(let key) = report.damage[index].subject {
                report.damage[index].needs = try dependents(ofRecord: key)
            }
            for position in report.damage[index].needs.indices {
                report.damage[index].needs[position].stage = names[report.damage[index].needs[position].key]
            }
        }
    }

    /// The outputs that only this record tells of, and who read them.
    private func dependents(ofRecord key: Digest) throws -> [VerificationReport.Need] {
        let sql = """
            SELECT 'output' AS relation, executions.key, kind, role, artifact FROM execution_outputs
            JOIN executions ON executions.key = execution_outputs.key WHERE executions.key = ?1
            UNION ALL
            SELECT 'input', executions.key, kind, role, artifact FROM execution_inputs
            JOIN executions ON executions.key = execution_inputs.key
            WHERE artifact IN (SELECT artifact FROM execution_outputs WHERE key = ?1)
            """
        return try Row.fetchAll(actual, sql: sql, arguments: [key.hex]).map { row in
            VerificationReport.Need(
                relation: try row.value("relation", as: String.self) == "output" ? .output : .input,
                kind: try row.value("kind"), key: try row.digest("key"), role: try row.value("role"),
                artifact: try row.digest("artifact"))
        }.sorted()
    }

    private mutating func add(_ message: String) {
        report.damage.append(
            VerificationReport.Damage(
                subject: .catalogue, problem: .damaged,
                message: "\(message); `calm store rebuild-catalogue` makes the catalogue anew"))
    }
}
