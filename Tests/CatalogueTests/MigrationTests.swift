import Artifacts
import Catalogue
import Foundation
import GRDB
import Testing

/// Catalogues that earlier versions made: migrated after a backup, with every row.
struct MigrationTests {
    /// The catalogue as the first migrations made it, then changed, with the rows of the present one as far as it has places
    /// for them.
    private func old(_ version: Int, _ changes: String, of temporary: TemporaryCatalogue) throws {
        let file = temporary.store.catalogue.path
        let present = temporary.store.root.appendingPathComponent("present-\(UUID().uuidString).sqlite").path
        try DatabaseQueue(path: file).writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try FileManager.default.moveItem(atPath: file, toPath: present)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        let early = try DatabaseQueue(path: file)
        try Migrations.run(on: early, upTo: version)
        try early.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            try db.execute(sql: "ATTACH ? AS present", arguments: [present])
            // Columns can't be dropped while views name their tables.
            let views = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'view'")
            for view in views { try db.execute(sql: "DROP VIEW \(view["name"] as String)") }
            try db.execute(sql: changes)
            for view in views { try db.execute(sql: view["sql"] as String) }
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE '%migrations'
                    AND name NOT LIKE 'sqlite%'
                    """)
            for table in tables {
                let columns = try db.columns(in: table).map(\.name).joined(separator: ", ")
                try db.execute(sql: "INSERT INTO main.\(table) (\(columns)) SELECT \(columns) FROM present.\(table)")
            }
            try db.execute(sql: "PRAGMA user_version = \(version)")
        }
        try FileManager.default.removeItem(atPath: present)
    }

    @Test(
        "every earlier version is migrated after a backup, and keeps every row",
        arguments: [
            (1, ""),
            (2, "ALTER TABLE runs DROP COLUMN is_partial; ALTER TABLE executions DROP COLUMN collected_at"),
            (2, "ALTER TABLE runs DROP COLUMN is_partial"), (2, ""), (3, ""), (4, ""), (5, ""), (6, ""), (7, ""),
            (8, ""), (9, ""),
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
        #expect(try catalogue.stages(run: "two").map(\.result) == [record.result, record.result])
        #expect(try catalogue.metrics(run: "two").map(\.value) == [0.5, 0.5])
        #expect(try catalogue.outputs(run: "one").count == 1)
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

    @Test(
        "a migration that fails is undone, and leaves a backup only if one before it was done",
        arguments: [(6, []), (5, ["catalogue-version-5.sqlite"])])
    func failing(_ version: Int, _ backups: [String]) throws {
        let temporary = try TemporaryCatalogue()
        try old(version, "", of: temporary)
        // In the way of the seventh.
        let file = temporary.store.catalogue.path
        try DatabaseQueue(path: file).writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE quarantined_tests (x)")
        }
        for _ in 1...2 {
            var notes: [String] = []
            #expect(throws: StoreError.self) { try Catalogue(store: temporary.store) { notes.append($0) } }
            #expect(notes.isEmpty)
            let names = try FileManager.default.contentsOfDirectory(atPath: temporary.store.root.path)
            #expect(names.filter { $0.hasPrefix("catalogue-version") }.sorted() == backups)
        }
        try DatabaseQueue(path: file).writeWithoutTransaction { db in
            try db.execute(sql: "DROP TABLE quarantined_tests")
        }
        #expect(try Catalogue(store: temporary.store) { _ in }.runs(limit: 1).isEmpty)
    }

    @Test("the view of flaky tests says what the rules say: who changes these adds a migration")
    func flakyRules() throws {
        let temporary = try TemporaryCatalogue()
        defer { withExtendedLifetime(temporary) {} }
        let file = temporary.store.catalogue.path
        let view = try DatabaseQueue(path: file).read { db in
            try String.fetchOne(db, sql: "SELECT sql FROM sqlite_master WHERE name = 'flaky_tests'")
        }
        #expect(view == "CREATE VIEW flaky_tests AS " + FlakyRules().sql)
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
