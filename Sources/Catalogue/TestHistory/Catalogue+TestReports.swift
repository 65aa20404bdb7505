import Artifacts
import GRDB

extension Catalogue {
    /// Indexes one report in one transaction: its cases as `read` gives them to the writer, and then what they add up to.
    ///
    /// Whatever `read` throws leaves the catalogue as it was. A report that is known already is left alone.
    /// - Parameter evenIfReadOnly: writes to the private copy of a catalogue that can't be written.
    package func index(
        _ record: ReportRecord, evenIfReadOnly: Bool = false, _ read: (TestResultWriter) throws -> TestSummary
    ) throws {
        var problem: (any Error)?
        do {
            try write(evenIfReadOnly: evenIfReadOnly) { db in
                do { try Self.index(record, read, db) } catch {
                    problem = error
                    throw error
                }
            }
        } catch {
            // Not the catalogue's failure, but what the report's reader found.
            throw problem is DatabaseError ? error : problem ?? error
        }
    }

    private static func index(
        _ record: ReportRecord, _ read: (TestResultWriter) throws -> TestSummary, _ db: Database
    ) throws {
        let known = "SELECT 1 FROM test_reports WHERE record = ?"
        if try Int.fetchOne(db, sql: known, arguments: [record.id.hex]) != nil { return }
        let run = record.run
        try db.run(
            """
            INSERT INTO test_runs (name, commit_id, branch, job, attempt, url, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET started_at = min(started_at, excluded.started_at)
            """, [run.name, run.commit, run.branch, run.job, run.attempt, run.url, run.startedAt])
        try db.run(
            """
            INSERT INTO test_reports
                (record, run, blob, file, ingested_at, tests, failures, errors, skipped, seconds, warnings)
            SELECT ?, id, ?, ?, ?, 0, 0, 0, 0, 0, '[]' FROM test_runs WHERE name = ?
            """, [record.id.hex, record.blob.hex, record.file, record.ingestedAt, run.name])
        let report = db.lastInsertedRowID
        let writer = try TestResultWriter(report: report, db)
        let summary = try read(writer)
        let warnings = JSONValue.array(summary.warnings.map(JSONValue.string))
        try db.run(
            """
            UPDATE test_reports SET tests = ?, failures = ?, errors = ?, skipped = ?, seconds = ?, warnings = ?
            WHERE id = ?
            """,
            [
                summary.tests, summary.failures, summary.errors, summary.skipped, summary.seconds, warnings.canonical,
                report,
            ])
    }

    /// The identities of the reports that are indexed.
    package func indexedReports() throws -> Set<Digest> {
        try read { db in
            Set(try Row.fetchAll(db, sql: "SELECT record FROM test_reports").map { try $0.digest("record") })
        }
    }

    /// The report of these bytes that says the same of its run, all but the run's name.
    package func report(of blob: Digest, like run: TestRun) throws -> Digest? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT record FROM test_reports JOIN test_runs ON test_runs.id = test_reports.run
                    WHERE blob = ? AND commit_id IS ? AND branch IS ? AND job IS ? AND attempt IS ?
                    """, arguments: [blob.hex, run.commit, run.branch, run.job, run.attempt])?.digest("record")
        }
    }

    /// What the cases of an indexed report add up to; nil if it isn't indexed.
    package func summary(ofReport id: Digest) throws -> TestSummary? {
        try read { db in
            let sql = "SELECT * FROM test_reports WHERE record = ?"
            return try TestSummary.fetchOne(db, sql: sql, arguments: [id.hex])
        }
    }

    /// Removes the rows of reports whose records are gone, and those of runs without any.
    package func forget(reports gone: Set<Digest>, evenIfReadOnly: Bool = false) throws {
        if gone.isEmpty { return }
        try write(evenIfReadOnly: evenIfReadOnly) { db in
            for id in gone { try db.run("DELETE FROM test_reports WHERE record = ?", [id.hex]) }
            try db.run("DELETE FROM test_runs WHERE id NOT IN (SELECT run FROM test_reports)", [])
        }
    }
}
