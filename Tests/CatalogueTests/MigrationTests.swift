import Artifacts
import Catalogue
import Foundation
import GRDB
import Testing

/// Catalogues that earlier versions made: migrated after a backup, with every row.
struct MigrationTests {
    /// A catalogue as far as the first migrations made it, with the rows of the present one in it.
    private func old(_ version: Int, _ changes: String, of temporary: TemporaryCatalogue) throws {
        let file = temporary.store.catalogue.path
        let present = try DatabaseQueue(path: file)
        let newer = ["test_changes", "test_run_summaries", "test_run_results"].map { "DROP VIEW \($0);" }
        let tables = ["test_failures", "test_results", "test_reports", "test_runs", "tests"].map { "DROP TABLE \($0);" }
        try present.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            // Columns can't be dropped while views name their tables.
            let views = try String.fetchAll(
                db,
                sql: """
                    SELECT sql FROM sqlite_master
                    WHERE name IN ('latest_runs', 'lineage', 'run_metrics', 'run_outputs')
                    """)
            if version < 3 { try db.execute(sql: (newer + tables).joined(separator: "\n")) }
            try db.execute(
                sql: """
                    DROP INDEX IF EXISTS run_stages_by_name;
                    CREATE INDEX run_stages_by_name ON run_stages (name, key);
                    CREATE INDEX run_stages_by_key ON run_stages (key);
                    DROP VIEW latest_runs; DROP VIEW lineage; DROP VIEW run_metrics; DROP VIEW run_outputs;
                    """)
            if version < 2 {
                try db.execute(
                    sql: """
                        DROP TABLE key_documents;
                        ALTER TABLE run_stages DROP COLUMN attempts;
                        """)
            }
            try db.execute(sql: changes)
            for view in views { try db.execute(sql: view) }
            let names = ["initial tables", "attempts", "test reports", "test comparison views"].prefix(version)
            try db.execute(sql: "DELETE FROM grdb_migrations")
            for name in names {
                try db.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [name])
            }
            try db.execute(sql: "PRAGMA user_version = \(version)")
        }
    }

    @Test(
        "every earlier version is migrated after a backup, and keeps every row",
        arguments: [
            (1, "ALTER TABLE runs DROP COLUMN is_partial; ALTER TABLE executions DROP COLUMN collected_at"),
            (2, "ALTER TABLE runs DROP COLUMN is_partial; ALTER TABLE executions DROP COLUMN collected_at"),
            (2, "ALTER TABLE runs DROP COLUMN is_partial"), (2, ""), (4, ""),
        ])
    func migrated(_ version: Int, _ changes: String) throws {
        let temporary = try TemporaryCatalogue()
        let record = try temporary.store.execute()
        try temporary.adopt(record, stage: "train")
        try temporary.run("one", at: 1000, [("train", record)])
        try temporary.run("two", at: 2000, [("train", record), ("again", record)])
        try temporary.catalogue.record(
            gate: GateRow(run: "two", stage: "train", metric: "loss", expected: "< 1", value: 0.5, passed: true))
        try old(version, changes, of: temporary)
        let runs = ["one", "two"]

        var notes: [String] = []
        let catalogue = try Catalogue(store: temporary.store) { notes.append($0) }
        let backup = temporary.store.root.appendingPathComponent("catalogue-version-\(version).sqlite")
        #expect(notes.count == 1 && notes[0].contains(backup.path) && notes[0].contains("version \(version) to"))
        #expect(try catalogue.runs(limit: 9).map(\.id).sorted() == runs)
        #expect(try catalogue.stages(run: "two").map(\.name) == ["train", "again"])
        #expect(try catalogue.gates(run: "two").count == 1)
        #expect(try catalogue.execution(record.key)?.outputs == record.outputs)
        var report = try temporary.store.verify()
        Catalogue.verify(temporary.store, &report)
        #expect(report.isSound, "\(report.damage.map(\.message))")
        #expect(try !catalogue.collectionRoots(keepRuns: 1).executions.isEmpty)

        try DatabaseQueue(path: backup.path).read { db in
            let found = try Int.fetchOne(db, sql: "PRAGMA user_version")
            #expect(found == version)
            let kept = try String.fetchAll(db, sql: "SELECT id FROM runs ORDER BY id")
            #expect(kept == runs)
            let check = try String.fetchAll(db, sql: "PRAGMA integrity_check")
            #expect(check == ["ok"])
        }
        notes = []
        _ = try Catalogue(store: temporary.store) { notes.append($0) }
        #expect(notes.isEmpty)
    }

    @Test("a backup never replaces another, and none is made of a new catalogue")
    func backups() throws {
        let temporary = try TemporaryCatalogue()
        var notes: [String] = []
        for _ in 0..<2 {
            try old(4, "", of: temporary)
            _ = try Catalogue(store: temporary.store) { notes.append($0) }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: temporary.store.root.path)
        #expect(
            names.filter { $0.hasPrefix("catalogue-version") }.sorted() == [
                "catalogue-version-4-2.sqlite", "catalogue-version-4.sqlite",
            ])
        #expect(notes.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.store.tmp.path).isEmpty)
    }

    @Test("without a backup nothing is migrated")
    func noBackup() throws {
        let temporary = try TemporaryCatalogue()
        try old(4, "", of: temporary)
        // A file in place of the folder that the copy is made in.
        try FileManager.default.removeItem(at: temporary.store.tmp)
        try Data().write(to: temporary.store.tmp)
        #expect(throws: (any Error).self) { try Catalogue(store: temporary.store) { _ in } }
        let version = try DatabaseQueue(path: temporary.store.catalogue.path).read { db in
            try Int.fetchOne(db, sql: "PRAGMA user_version")
        }
        #expect(version == 4)
    }
}
