import Artifacts
import Foundation
import Testing

struct VerificationTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test("a sound store is sound, and every object is read")
    func sound() throws {
        let first = try temporary.publish(kind: "data.make", seed: 1)
        _ = try temporary.publish(kind: "model.train", seed: 2, inputs: Array(first.record.outputs.values))
        var seen: [Int] = []
        let report = try store.verify { seen.append($0.objects) }
        #expect(report.isSound)
        #expect(report.notes.isEmpty)
        #expect(report.objects == 4)
        #expect(report.executions == 2)
        #expect(seen == [1, 2, 3, 4])
    }

    @Test("a damaged blob is named with what made it and what read it, and set aside")
    func damagedBlob() throws {
        let made = try temporary.publish(kind: "data.make", seed: 1)
        let reader = try temporary.publish(kind: "model.train", seed: 2, inputs: Array(made.record.outputs.values))
        var bytes = try temporary.file(made.blob)
        bytes[20] ^= 1
        try temporary.overwrite(made.blob, with: bytes)
        let report = try store.verify()
        let damage = try #require(report.damage.first)
        let artifact = try #require(made.record.outputs["model"])
        #expect(report.damage.count == 1)
        #expect(damage.subject == .object(made.blob))
        #expect(damage.problem == .damaged)
        #expect(damage.message.contains(made.blob.hex))
        #expect(
            damage.needs.map(\.description) == [
                "output model of data.make \(made.record.key.short) (artifact \(artifact.short), member weights.bin)",
                "input data of model.train \(reader.record.key.short) (artifact \(artifact.short), member weights.bin)",
            ])
        #expect(damage.quarantined == store.quarantine.path + "/" + made.blob.hex)
        #expect(!store.contains(made.blob))
        // Until its producer has run again, the blob is missing.
        #expect(try store.verify().damage.map(\.problem) == [.missing])
        #expect(try store.verify().notes == [.quarantined("quarantine/" + made.blob.hex)])
        _ = try temporary.publish(kind: "data.make", seed: 1)
        #expect(try store.verify().isSound)
    }

    @Test("a deleted blob is missing, with what made it")
    func deletedBlob() throws {
        let made = try temporary.publish(kind: "data.make", seed: 1)
        try store.remove(object: made.blob)
        let report = try store.verify()
        #expect(report.damage.map(\.problem) == [.missing])
        #expect(report.damage.first?.needs.map(\.key) == [made.record.key])
    }

    @Test("a deleted manifest is missing, and its members are orphans")
    func deletedManifest() throws {
        let made = try temporary.publish(kind: "data.make", seed: 1)
        let artifact = try #require(made.record.outputs["model"])
        try store.remove(object: artifact)
        let report = try store.verify()
        #expect(report.damage.map(\.subject) == [.object(artifact)])
        #expect(report.notes == [.orphan(made.blob)])
    }

    @Test("a damaged record and one under another's key are named and set aside")
    func damagedRecords() throws {
        let first = try temporary.publish(kind: "data.make", seed: 1).record
        let second = try temporary.publish(kind: "data.make", seed: 2).record
        let third = try temporary.publish(kind: "data.make", seed: 3).record
        try Data("{".utf8).write(to: store.executionURL(first.key))
        try Data(third.json.canonical.utf8).write(to: store.executionURL(second.key))
        let report = try store.verify()
        #expect(Set(report.damage.map(\.subject)) == [.execution(first.key), .execution(second.key)])
        #expect(report.damage.contains { $0.message.contains("it is the record of \(third.key)") })
        #expect(try store.executionKeys() == [third.key])
        #expect(try store.verify().isSound)
    }

    @Test("a record whose output is no manifest, or whose manifest has a wrong size, is damage")
    func unsoundArtifacts() throws {
        var record = try temporary.publish(kind: "data.make", seed: 1).record
        let blob = try store.put(Data("text".utf8))
        record.outputs["model"] = blob.digest
        let wrong = Manifest(type: .file, members: ["a": Manifest.Member(digest: blob.digest, size: 5)])
        record.outputs["other"] = try store.put(wrong)
        try store.publish(record)
        let report = try store.verify()
        #expect(report.damage.count == 2)
        #expect(report.damage.contains { $0.message.contains("is not a valid manifest") })
        #expect(report.damage.contains { $0.message.contains("has 5 bytes, found 4") })
    }

    @Test("orphans, leftovers, strangers and stale checkpoints are notes, not damage")
    func notes() throws {
        let record = try temporary.publish(kind: "data.make", seed: 1).record
        let orphan = try store.put(Data("orphan".utf8)).digest
        let files = FileManager.default
        try Data("x".utf8).write(to: store.tmp.appendingPathComponent("1-1-1.calm"))
        try Data("x".utf8).write(to: store.root.appendingPathComponent("objects/README"))
        try files.createDirectory(
            at: store.checkpoints.appendingPathComponent(record.key.hex), withIntermediateDirectories: true)
        let report = try store.verify()
        #expect(report.isSound)
        #expect(
            report.notes == [
                .stranger("objects/README"), .orphan(orphan), .leftover("tmp/1-1-1.calm"), .staleCheckpoint(record.key),
            ])
        #expect(files.fileExists(atPath: store.tmp.appendingPathComponent("1-1-1.calm").path))
    }

    @Test("an input that was collected is no damage while the outputs are there")
    func collectedInput() throws {
        let input = Digest(of: Data("collected".utf8))
        _ = try temporary.publish(kind: "model.train", seed: 2, inputs: [input])
        #expect(try store.verify().isSound)
    }
}
