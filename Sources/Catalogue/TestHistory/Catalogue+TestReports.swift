import Artifacts
import GRDB

/// Writes the rows of reports within one transaction.
package struct TestReportWriter {
    fileprivate let db: Database

    /// The number of the next ingestion, and the latest place in the order of runs.
    package func nextPlace() throws -> (sequence: Int, latest: Double?) {
        let sequence = try Int.fetchOne(db, sql: "SELECT max(sequence) FROM test_runs") ?? 0
        return (sequence + 1, try Double.fetchOne(db, sql: "SELECT max(ordered_at) FROM test_runs"))
    }

    /// Writes one report: its cases as `read` gives them, and then what they add up to.
    ///
    /// What `read` throws leaves nothing of this report. A report that is known already is left alone.
    package func index(_ record: ReportRecord, _ read: (TestResultWriter) throws -> TestSummary) throws {
        let known = "SELECT 1 FROM test_reports WHERE record = ?"
        if try Int.fetchOne(db, sql: known, arguments: [record.id.hex]) != nil { return }
        try db.inSavepoint {
            try insert(record, read)
            return .commit
        }
    }

    private func insert(_ record: ReportRecord, _ read: (TestResultWriter) throws -> TestSummary) throws {
        let run = record.run
        try db.run(
            """
            INSERT INTO test_runs
                (name, commit_id, branch, job, attempt, url, ci_job, started_at, ordered_at, sequence)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET started_at = min(started_at, excluded.started_at),
                ordered_at = min(ordered_at, excluded.ordered_at), sequence = max(sequence, excluded.sequence)
            """,
            [
                run.name, run.commit, run.branch, run.job, run.attempt, run.url, run.ciJob, run.startedAt,
                record.orderedAt, record.latestSequence,
            ])
        try db.run(
            """
            INSERT INTO test_reports (record, run, blob, file, ingested_at, run_started_at, run_ordered_at, ingestion,
                tests, failures, errors, skipped, seconds, warnings, incomplete)
            SELECT ?, id, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, '[]', '[]' FROM test_runs WHERE name = ?
            """,
            [
                record.id.hex, record.blob.hex, record.file, record.ingestedAt, run.startedAt, record.orderedAt,
                record.latestSequence, run.name,
            ])
        let report = db.lastInsertedRowID
        let summary = try record.refusedSummary ?? read(TestResultWriter(report: report, db))
        let (warnings, incomplete) = (summary.warnings, summary.incomplete)
        try db.run(
            """
            UPDATE test_reports SET tests = ?, failures = ?, errors = ?, skipped = ?, seconds = ?, warnings = ?,
                incomplete = ? WHERE id = ?
            """,
            [
                summary.tests, summary.failures, summary.errors, summary.skipped, summary.seconds,
                JSONValue.array(warnings.map(JSONValue.string)).canonical,
                JSONValue.array(incomplete.map(JSONValue.string)).canonical, report,
            ])
    }

    /// The report of this identity: its run, and what its cases add up to; nil if it isn't indexed.
    package func summary(ofReport id: Digest) throws -> TestSummary? { try TestSummary.ofReport(id, db) }

    /// Removes the rows of a report, and those of its run if it was the only one.
    package func forget(_ id: Digest) throws {
        let run = try Int64.fetchOne(
            db, sql: "SELECT run FROM test_reports WHERE record = ?", arguments: [id.hex])
        try db.run("DELETE FROM test_reports WHERE record = ?", [id.hex])
        try db.run(
            "DELETE FROM test_runs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM test_reports WHERE run = ?1)", [run])
    }

    /// Takes in that a report was ingested again.
    package func move(_ record: ReportRecord) throws {
        try db.run(
            "UPDATE test_reports SET run_ordered_at = ?, ingestion = ? WHERE record = ?",
            [record.orderedAt, record.latestSequence, record.id.hex])
    }

    /// Gives runs the times and the ingestion that their reports have now: to be called after the last change.
    package func settle() throws { try Catalogue.settle(db) }

    /// The files of a run that were refused, by name.
    package func refusedFiles(of run: String) throws -> [String: Digest] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT file, record FROM test_reports JOIN test_runs ON test_runs.id = test_reports.run
                WHERE name = ? AND blob = ?
                """, arguments: [run, Digest(of: []).hex])
        return Dictionary(try rows.map { (try $0.value("file"), try $0.digest("record")) }) { $1 }
    }
}

extension TestSummary {
    fileprivate static func ofReport(_ id: Digest, _ db: Database) throws -> TestSummary? {
        try TestSummary.fetchOne(db, sql: "SELECT * FROM test_reports WHERE record = ?", arguments: [id.hex])
    }
}

extension ReportRecord {
    /// What a refused file adds up to; nil for a report.
    package var refusedSummary: TestSummary? {
        refusal.map { reason in
            var summary = TestSummary()
            summary.incomplete = [reason]
            return summary
        }
    }
}

extension Catalogue {
    /// Writes reports in one transaction: all that `body` writes, or nothing if it throws.
    ///
    /// - Parameter evenIfReadOnly: writes to the private copy of a catalogue that can't be written.
    package func indexReports(evenIfReadOnly: Bool = false, _ body: (TestReportWriter) throws -> Void) throws {
        var problem: (any Error)?
        do {
            try write(evenIfReadOnly: evenIfReadOnly) { db in
                do { try body(TestReportWriter(db: db)) } catch {
                    problem = error
                    throw error
                }
            }
        } catch {
            // Not the catalogue's failure, but what the report's reader found.
            throw problem is DatabaseError ? error : problem ?? error
        }
    }

    /// The identities of the reports that are indexed.
    package func indexedReports() throws -> Set<Digest> {
        try read { db in
            Set(try Row.fetchAll(db, sql: "SELECT record FROM test_reports").map { try $0.digest("record") })
        }
    }

    /// A report that was ingested before.
    package struct KnownReport: Hashable, Sendable {
        package let record: Digest
        package let run: String
        package let file: String
        /// Seconds since 1970.
        package let ingestedAt: Double
    }

    /// The reports of these bytes that say the same of their run, all but its name, that of the latest ingestion first.
    ///
    /// - Parameter earliest: those that the same job of a CI server has ingested since then; nil is whoever it was, and whenever.
    package func reports(of blob: Digest, like run: TestRun, since earliest: Double? = nil) throws -> [KnownReport] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT record, name, file, ingested_at FROM test_reports JOIN test_runs ON test_runs.id = test_reports.run
                    WHERE blob = ?1 AND commit_id IS ?2 AND branch IS ?3 AND job IS ?4 AND attempt IS ?5
                        AND (?7 IS NULL OR (ci_job IS ?6 AND ingested_at >= ?7))
                    ORDER BY test_runs.sequence DESC, test_runs.id DESC
                    """, arguments: [blob.hex, run.commit, run.branch, run.job, run.attempt, run.ciJob, earliest]
            ).map { row in
                KnownReport(
                    record: try row.digest("record"), run: try row.value("name"), file: try row.value("file"),
                    ingestedAt: try row.value("ingested_at"))
            }
        }
    }

    /// What the catalogue knows of a report's record, of which it hasn't all; nil if the report isn't indexed.
    package func record(ofReport id: Digest) throws -> ReportRecord? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT blob, file, ingested_at, run_started_at, run_ordered_at, ingestion, name, commit_id, branch, job,
                        attempt, url, ci_job
                    FROM test_reports JOIN test_runs ON test_runs.id = test_reports.run WHERE record = ?
                    """, arguments: [id.hex]
            ).map { row in
                let run = try TestRun(
                    name: row.value("name"), commit: row.value("commit_id"), branch: row.value("branch"),
                    job: row.value("job"), attempt: row.value("attempt"), url: row.value("url"),
                    ciJob: row.value("ci_job"), startedAt: row.value("run_started_at"))
                return try ReportRecord(
                    blob: row.digest("blob"), size: 0, file: row.value("file"), run: run,
                    ingestedAt: row.value("ingested_at"), sequence: row.value("ingestion"),
                    orderedAt: row.value("run_ordered_at"))
            }
        }
    }

    /// When the first report of a run was ingested, in seconds since 1970.
    package func firstIngestion(of run: TestRunRow) throws -> Double {
        try read { db in
            try Double.fetchOne(
                db, sql: "SELECT min(ingested_at) FROM test_reports WHERE run = ?", arguments: [run.id]) ?? 0
        }
    }

    /// What the cases of an indexed report add up to; nil if it isn't indexed.
    package func summary(ofReport id: Digest) throws -> TestSummary? {
        try read { db in try TestSummary.ofReport(id, db) }
    }

    /// Removes the rows of reports whose records are gone, and those of runs without any.
    package func forget(reports gone: Set<Digest>, evenIfReadOnly: Bool = false) throws {
        if gone.isEmpty { return }
        try write(evenIfReadOnly: evenIfReadOnly) { db in try Self.forget(gone, db) }
    }

    fileprivate static func forget(_ gone: Set<Digest>, _ db: Database) throws {
        for id in gone { try db.run("DELETE FROM test_reports WHERE record = ?", [id.hex]) }
        try db.run("DELETE FROM test_runs WHERE id NOT IN (SELECT run FROM test_reports)", [])
        try settle(db)
    }

    /// Gives runs the times and the ingestion that their reports have now.
    fileprivate static func settle(_ db: Database) throws {
        try db.run(
            """
            UPDATE test_runs SET started_at = found.started, ordered_at = found.ordered, sequence = found.ingestion FROM (
                SELECT run, min(run_started_at) AS started, min(run_ordered_at) AS ordered, max(ingestion) AS ingestion
                FROM test_reports GROUP BY run) AS found
            WHERE found.run = test_runs.id
                AND (started_at, ordered_at, sequence) <> (found.started, found.ordered, found.ingestion)
            """, [])
    }
}
