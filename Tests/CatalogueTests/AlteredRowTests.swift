import Artifacts
import Catalogue
import Foundation
import GRDB
import Testing

/// The catalogue is an index: rows that don't say what the files say are found, and give no result.
struct AlteredRowTests {
    let temporary: TemporaryCatalogue
    let record: ExecutionRecord
    let reader: ExecutionRecord
    var store: Store { temporary.store }

    init() throws {
        temporary = try TemporaryCatalogue()
        record = try temporary.store.execute(metrics: ["loss": 0.5, "none": .nan, "all": .infinity])
        reader = try temporary.store.execute(kind: "evaluate", inputs: Array(record.outputs.values))
        try temporary.adopt(record, stage: "train")
        try temporary.adopt(reader, stage: "scores")
    }

    private func execute(_ sql: String) throws {
        try DatabaseQueue(path: store.catalogue.path).writeWithoutTransaction { db in try db.execute(sql: sql) }
    }

    private func verify() throws -> VerificationReport {
        var report = try store.verify()
        Catalogue.verify(store, &report)
        return report
    }

    @Test("a catalogue that says what the records say is sound")
    func sound() throws { #expect(try verify().isSound) }

    static let other = String(repeating: "0", count: 64)

    @Test(
        "verify names the row that was changed",
        arguments: [
            "UPDATE execution_outputs SET artifact = '\(other)' WHERE role = 'model'",
            "DELETE FROM execution_outputs", "UPDATE execution_inputs SET artifact = '\(other)'",
            "UPDATE metrics SET value = 0.75 WHERE name = 'loss'",
            "UPDATE metrics SET name = 'lass' WHERE name = 'loss'",
            "UPDATE executions SET document = replace(document, '3', '7')", "UPDATE executions SET version = 4",
            "UPDATE executions SET seconds = 3", "UPDATE executions SET environment = '{}'",
            "UPDATE executions SET result = '0123456789ab'", "UPDATE executions SET kind = 'model.trail'",
            "UPDATE executions SET started_at = 999",
            "UPDATE artifact_members SET digest = '\(other)'", "UPDATE artifact_members SET size = size + 1",
            "UPDATE artifacts SET metadata = '{\"layers\":3}'", "UPDATE artifacts SET bytes = 0",
            "UPDATE artifacts SET type = 'dataset'", "DELETE FROM artifact_members", "DELETE FROM artifacts",
            "DROP INDEX executions_by_kind", "DROP VIEW lineage", "CREATE TABLE recipes (name TEXT)",
            "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; UPDATE executions SET key = '\(other)' WHERE kind = 'evaluate'",
        ])
    func changedRow(_ sql: String) throws {
        try execute(sql)
        let report = try verify()
        #expect(report.damage.contains { $0.subject == .catalogue }, "\(report)")
    }

    @Test(
        "verify names a superseded execution whose rows were changed",
        arguments: [
            "UPDATE superseded_metrics SET value = 0.75 WHERE name = 'loss'", "DELETE FROM superseded_outputs",
            "UPDATE superseded_outputs SET artifact = '\(other)'", "UPDATE superseded_executions SET seconds = 3",
            "UPDATE superseded_executions SET document = '{}'",
        ])
    func changedSuperseded(_ sql: String) throws {
        var again = record
        again.startedAt += 10
        again.metrics["loss"] = 0.25
        try store.publish(again)
        try temporary.adopt(again, stage: "train")
        #expect(try verify().isSound)
        try execute(sql)
        #expect(try verify().damage.contains { $0.message.contains("superseded execution \(record.key)") })
    }

    @Test(
        "rows that contradict the digests they stand under are as good as none",
        arguments: [
            "UPDATE executions SET document = replace(document, '3', '7')", "DELETE FROM artifacts",
            "UPDATE artifact_members SET digest = '\(other)'", "UPDATE artifact_members SET name = 'weights'",
            "UPDATE artifacts SET type = 'dataset'", "UPDATE execution_outputs SET artifact = '\(other)'",
        ])
    func unsoundRow(_ sql: String) throws {
        #expect(try temporary.catalogue.execution(record.key) != nil)
        try execute(sql)
        #expect(try temporary.catalogue.execution(record.key) == nil)
        try temporary.adopt(record, stage: "train")
        #expect(try temporary.catalogue.execution(record.key)?.outputs == record.outputs)
    }

    @Test("a value of another type than the column's is an error, and doesn't stop the process")
    func wrongType() throws {
        try execute(
            """
            PRAGMA writable_schema = 1;
            UPDATE sqlite_master SET sql = replace(replace(sql, ') STRICT', ')'), ' NOT NULL', '') WHERE name = 'metrics';
            UPDATE sqlite_master SET sql = replace(replace(sql, ') STRICT', ')'), ' NOT NULL', '') WHERE name = 'executions';
            """)
        try execute("UPDATE executions SET seconds = NULL")
        #expect(storeError { _ = try temporary.catalogue.execution(record.key) }?.code == .damaged)
        #expect(try !verify().isSound)
    }

    @Test("a deleted record is missing, with its stage, what it made and who read that")
    func missingRecord() throws {
        try store.remove(execution: record.key)
        let report = try verify()
        #expect(report.damage.map(\.subject) == [.execution(record.key)])
        let artifact = try #require(record.outputs["model"])
        #expect(
            report.damage.first?.needs.map(\.description) == [
                "input data of evaluate \(reader.key.short) (stage scores, artifact \(artifact.short))",
                "output model of model.train \(record.key.short) (stage train, artifact \(artifact.short))",
            ])
    }

    @Test("a damaged record is named once, with what depends on it")
    func damagedRecord() throws {
        try Data("{".utf8).write(to: store.executionURL(record.key))
        let report = try verify()
        #expect(report.damage.map(\.problem) == [.damaged])
        #expect(report.damage.first?.needs.map(\.stage) == ["scores", "train"])
    }

    @Test("the stages that need a damaged blob are named")
    func damagedBlob() throws {
        let artifact = try #require(record.outputs["model"])
        try store.remove(object: artifact)
        #expect(try verify().damage.first?.needs.map(\.stage) == ["scores", "train"])
    }

    @Test("a removed catalogue is missing; a new record that it doesn't know is no damage")
    func unindexed() throws {
        let new = try store.execute(kind: "data.make")
        var again = record
        again.startedAt += 10
        again.seconds += 1
        again.metrics["loss"] = 0.25
        try store.publish(again)
        let report = try verify()
        #expect(report.isSound, "\(report.damage)")
        #expect(report.notes.contains(.unindexed(new.key)) && report.notes.contains(.unindexed(record.key)))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: store.catalogue.path + suffix)
        }
        #expect(try verify().damage.map(\.problem) == [.missing])
    }

    @Test("a catalogue that is no database, or a torn one, is damage", arguments: [0, 100, 4096])
    func torn(at offset: Int) throws {
        try execute("PRAGMA wal_checkpoint(TRUNCATE)")
        var bytes = try Data(contentsOf: store.catalogue)
        for index in offset..<(offset + 400) { bytes[index] = 0x5A }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: store.catalogue.path + suffix)
        }
        try bytes.write(to: store.catalogue)
        #expect(try verify().damage.contains { $0.subject == .catalogue })
    }
}
