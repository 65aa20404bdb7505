import Artifacts
import Foundation
import Testing

@Suite struct TelemetryTests {
    private func names(_ plan: CollectionPlan) -> [String] {
        plan.items.compactMap { item in
            if case .file(let name) = item.subject, name.hasPrefix("telemetry/") { name } else { nil }
        }
    }

    @Test("what is kept of a key is read back, the latest; of another there is none")
    func keeping() throws {
        let temporary = try TemporaryStore()
        let (one, other) = (Digest(of: Data("1".utf8)), Digest(of: Data("2".utf8)))
        try temporary.store.keep(telemetry: [1, 2], of: one)
        try temporary.store.keep(telemetry: [3], of: one)
        #expect(temporary.store.telemetry(of: one) == [3])
        #expect(temporary.store.telemetry(of: other) == nil)
        #expect(try temporary.store.telemetryKeys() == [one])
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("collection removes it with its execution, and leaves that of one that can be resumed")
    func collection() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let kept = try temporary.publish(kind: "a", seed: 1).record.key
        let dropped = try temporary.publish(kind: "a", seed: 2).record.key
        let (failed, resumable) = (Digest(of: Data("3".utf8)), Digest(of: Data("4".utf8)))
        for key in [kept, dropped, failed, resumable] { try store.keep(telemetry: [1], of: key) }
        try FileManager.default.createDirectory(at: store.checkpoints(of: resumable), withIntermediateDirectories: true)
        var roots = CollectionRoots()
        roots.executions = [kept]
        let plan = try store.planCollection(roots, CollectionOptions())
        let expected = [dropped, failed].map { "telemetry/\($0.hex.prefix(2))/\($0.hex.dropFirst(2)).json" }.sorted()
        #expect(names(plan).sorted() == expected)
        #expect(store.collect(plan).problems.isEmpty)
        #expect(try Set(store.telemetryKeys()) == [kept, resumable])
        var options = CollectionOptions()
        options.unfinishedCheckpoints = true
        #expect(names(try store.planCollection(roots, options)).count == 1)
    }

    @Test("its absence, or anything in its place, is no damage")
    func noDamage() throws {
        let temporary = try TemporaryStore()
        let key = try temporary.publish(kind: "a", seed: 1).record.key
        try temporary.store.keep(telemetry: Array("nonsense".utf8), of: key)
        #expect(try temporary.store.verify().damage.isEmpty)
        try FileManager.default.removeItem(at: temporary.root.appendingPathComponent("telemetry"))
        #expect(try temporary.store.verify().damage.isEmpty)
        #expect(try temporary.store.planCollection(CollectionRoots(), CollectionOptions()).items.isEmpty == false)
    }
}
