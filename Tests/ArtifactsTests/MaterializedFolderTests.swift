import Artifacts
import Foundation
import Testing

@Suite("Artifacts as plain files to be mapped") struct MaterializedFolderTests {
    private func artifact(_ store: Store) throws -> Digest {
        let members = ["a.txt": try store.put(Data("a".utf8)), "b/c.txt": try store.put(Data("longer".utf8))]
        return try store.put(Manifest(type: .pretrainedModel, members: members))
    }

    @Test("the folder appears with read-only files, is used again, and is neither damage nor foreign")
    func made() throws {
        let store = try TemporaryStore()
        let digest = try artifact(store.store)
        let folder = try store.store.materializedFolder(of: digest, verifies: true)
        #expect(folder.path == store.store.root.appendingPathComponent("materialized/\(digest.hex)").path)
        let file = folder.appendingPathComponent("b/c.txt")
        #expect(try String(contentsOf: file, encoding: .utf8) == "longer")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o444)
        let number = attributes[.systemFileNumber] as? Int
        _ = try store.store.materializedFolder(of: digest, verifies: true)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int == number)
        let statistics = try store.store.statistics()
        #expect(statistics.materialized == 1 && statistics.materializedBytes == 7)
        #expect(try store.store.verify().isSound && store.store.foreignFiles().isEmpty)
        // Room for other files is not made at its cost.
        try store.store.trimMaterialized(to: 0)
        #expect(FileManager.default.fileExists(atPath: file.path))
    }

    @Test("a file that was changed, cut or removed is made again", arguments: ["flip", "cut", "lost"])
    func damaged(_ damage: String) throws {
        let store = try TemporaryStore()
        let digest = try artifact(store.store)
        let file = try store.store.materializedFolder(of: digest, verifies: true).appendingPathComponent("b/c.txt")
        try FileManager.default.removeItem(at: file)
        if damage == "flip" { try Data("lomger".utf8).write(to: file) }
        if damage == "cut" { try Data("long".utf8).write(to: file) }
        _ = try store.store.materializedFolder(of: digest, verifies: damage == "flip")
        #expect(try String(contentsOf: file, encoding: .utf8) == "longer")
    }

    @Test("collection removes the copy of an artifact that is gone, and keeps the others")
    func collected() throws {
        let store = try TemporaryStore()
        let digest = try artifact(store.store)
        let folder = try store.store.materializedFolder(of: digest, verifies: true)
        var roots = CollectionRoots()
        roots.artifacts = [digest]
        _ = store.store.collect(try store.store.planCollection(roots, CollectionOptions()))
        #expect(FileManager.default.fileExists(atPath: folder.path))
        let plan = try store.store.planCollection(CollectionRoots(), CollectionOptions())
        #expect(plan.items.contains { $0.why == "plain copy of an artifact that is gone" })
        #expect(store.store.collect(plan).problems.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
}
