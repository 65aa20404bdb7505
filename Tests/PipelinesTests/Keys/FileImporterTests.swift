import Artifacts
import Foundation
import Pipelines
import Testing

@Suite("Imported files") struct FileImporterTests {
    private func age(_ file: URL, seconds: Double) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -seconds)], ofItemAtPath: file.path)
    }

    @Test("a file becomes an artifact of type file with one member of its name")
    func importing() throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("hello", to: "notes.txt")
        let manifest = try workshop.store.manifest(FileImporter(store: workshop.store).artifact(of: file))
        #expect(manifest.type == .file)
        #expect(manifest.members.keys.sorted() == ["notes.txt"])
        #expect(manifest.members["notes.txt"]?.digest == Digest(of: Array("hello".utf8)))
    }

    @Test("a file whose bytes changed while its size and modification time did not is read again")
    func racyChange() throws {
        let workshop = try Workshop()
        let importer = FileImporter(store: workshop.store)
        let file = try workshop.folder.write("one", to: "notes.txt")
        try age(file, seconds: 3600)
        let first = try importer.artifact(of: file)
        let stamp = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate]
        _ = try workshop.folder.write("two", to: "notes.txt")
        try FileManager.default.setAttributes([.modificationDate: stamp as Any], ofItemAtPath: file.path)
        #expect(try importer.artifact(of: file) != first)
    }

    @Test("a file that was written a moment ago isn't remembered, since the next write could have the same time stamp")
    func freshFile() throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        _ = try FileImporter(store: workshop.store).artifact(of: file)
        #expect(
            !FileManager.default.fileExists(atPath: workshop.store.root.appendingPathComponent("imported.json").path))
    }

    @Test("a settled file isn't read again by a later run; without its blob it is")
    func remembering() async throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        // The change time can't be set back, so the test has to wait out the margin of two seconds.
        try await Task.sleep(for: .milliseconds(2100))
        let first = try FileImporter(store: workshop.store).artifact(of: file)
        // An index that lies shows whether it is believed.
        let index = workshop.store.root.appendingPathComponent("imported.json")
        let forged = try String(contentsOf: index, encoding: .utf8)
            .replacing(first.hex, with: try workshop.store.put(Manifest(type: .file)).hex)
        try Data(forged.utf8).write(to: index)
        #expect(try FileImporter(store: workshop.store).artifact(of: file) != first, "the index wasn't used")
        try FileManager.default.removeItem(at: workshop.store.objectURL(Digest(of: Array("one".utf8))))
        #expect(try FileImporter(store: workshop.store).artifact(of: file) == first)
    }

    @Test("a missing file, a folder: one clear message each")
    func errors() throws {
        let workshop = try Workshop()
        let importer = FileImporter(store: workshop.store)
        let missing = workshop.folder.url.appendingPathComponent("nothing.txt")
        let failure = #expect(throws: StageFailure.self) { try importer.artifact(of: missing) }
        #expect(failure?.category == .badInput)
        #expect(failure?.message.contains("nothing.txt: No such file") == true)
        let folder = #expect(throws: StageFailure.self) { try importer.artifact(of: workshop.folder.url) }
        #expect(folder?.message.contains("is a folder") == true)
    }
}
