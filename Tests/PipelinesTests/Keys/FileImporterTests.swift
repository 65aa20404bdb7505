import Artifacts
import Foundation
import Pipelines
import Synchronization
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
        let manifest = try workshop.store.manifest(FileImporter(store: workshop.store).artifact(of: file.path))
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
        let first = try importer.artifact(of: file.path)
        let stamp = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate]
        _ = try workshop.folder.write("two", to: "notes.txt")
        try FileManager.default.setAttributes([.modificationDate: stamp as Any], ofItemAtPath: file.path)
        #expect(try importer.artifact(of: file.path) != first)
    }

    @Test("a file that was written a moment ago isn't remembered, since the next write could have the same time stamp")
    func freshFile() throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        _ = try FileImporter(store: workshop.store).artifact(of: file.path)
        #expect(
            !FileManager.default.fileExists(atPath: workshop.store.root.appendingPathComponent("imported").path))
    }

    @Test("a file is one however its path is written, and a relative path begins in the working folder")
    func paths() async throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        let folder = file.deletingLastPathComponent().path
        try await Task.sleep(for: .milliseconds(2100))
        let name = file.deletingLastPathComponent().lastPathComponent
        let digests = try ["", "/.", "/", "//.", "/../\(name)"].map {
            try FileImporter(store: workshop.store).artifact(of: "\(folder)\($0)/notes.txt")
        }
        #expect(Set(digests).count == 1)
        let index = try String(contentsOf: workshop.store.root.appendingPathComponent("imported"), encoding: .utf8)
        #expect(index.split(separator: "\n").count { $0.contains("notes.txt") } == 1)
        let missing = FileManager.default.currentDirectoryPath + "/no/such.txt"
        for path in ["no/such.txt", "./no/such.txt", "no//such.txt"] {
            #expect {
                try FileImporter(store: workshop.store).artifact(of: path)
            } throws: { error in
                (error as? StageFailure)?.message.contains(" \(missing): No such file") == true
            }
        }
    }

    @Test("a settled file isn't read again by a later run; without its blob it is")
    func remembering() async throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        // The change time can't be set back, so the test has to wait out the margin of two seconds.
        try await Task.sleep(for: .milliseconds(2100))
        let first = try FileImporter(store: workshop.store).artifact(of: file.path)
        // An index that lies shows whether it is believed.
        let index = workshop.store.root.appendingPathComponent("imported")
        let forged = try String(contentsOf: index, encoding: .utf8)
            .replacing(first.hex, with: try workshop.store.put(Manifest(type: .file)).hex)
        try Data(forged.utf8).write(to: index)
        #expect(try FileImporter(store: workshop.store).artifact(of: file.path) != first, "the index wasn't used")
        try FileManager.default.removeItem(at: workshop.store.objectURL(Digest(of: Array("one".utf8))))
        #expect(try FileImporter(store: workshop.store).artifact(of: file.path) == first)
    }

    @Test("a missing file, a folder: one clear message each")
    func errors() throws {
        let workshop = try Workshop()
        let importer = FileImporter(store: workshop.store)
        let missing = workshop.folder.url.appendingPathComponent("nothing.txt")
        let failure = #expect(throws: StageFailure.self) { try importer.artifact(of: missing.path) }
        #expect(failure?.category == .badInput)
        #expect(failure?.message.contains("nothing.txt: No such file") == true)
        let folder = #expect(throws: StageFailure.self) { try importer.artifact(of: workshop.folder.url.path) }
        #expect(folder?.message.contains("is a folder") == true)
    }

    @Test("a file that is written to while it is imported is bound to bytes that it held at one moment, or refused")
    func changingFile() throws {
        let workshop = try Workshop(inMemory: true)
        let file = workshop.folder.url.appendingPathComponent("big.bin")
        let block = 1 << 16
        let size = 64 * block
        try Data(repeating: 0, count: size).write(to: file)
        let isDone = Atomic(false)
        let writer = DispatchGroup()
        DispatchQueue.global().async(group: writer) {
            // Block by block from the start, so that what is new precedes what is old at every moment.
            let descriptor = open(file.path, O_WRONLY)
            defer { close(descriptor) }
            var round: UInt8 = 0
            while !isDone.load(ordering: .relaxed) {
                round = round == 255 ? 1 : round + 1
                let bytes = [UInt8](repeating: round, count: block)
                for offset in stride(from: 0, to: size, by: block) { pwrite(descriptor, bytes, block, off_t(offset)) }
            }
        }
        let importer = FileImporter(store: workshop.store)
        func imported() throws -> Data {
            let manifest = try workshop.store.manifest(importer.artifact(of: file.path))
            return try workshop.store.data(try #require(manifest.members["big.bin"]).digest)
        }
        var refused = 0
        // On a busy machine the writer may not run for a while.
        let deadline = ContinuousClock.now + .seconds(60)
        while refused < 2, ContinuousClock.now < deadline {
            do {
                let bytes = try imported()
                let steps = stride(from: block, to: size, by: block).filter { bytes[$0] != bytes[$0 - block] }
                #expect(steps.count <= 1 && steps.allSatisfy { bytes[$0] < bytes[$0 - block] || bytes[$0] == 255 })
            } catch let failure as StageFailure {
                #expect(failure.category == .badInput && failure.message.contains("is being written to"))
                refused += 1
            }
        }
        isDone.store(true, ordering: .relaxed)
        writer.wait()
        #expect(refused > 0)
        #expect(try Set(imported()).count == 1)
    }

    @Test("a file from the future is imported")
    func future() throws {
        let workshop = try Workshop()
        let file = try workshop.folder.write("one", to: "notes.txt")
        try age(file, seconds: -1e9)
        #expect(throws: Never.self) { try FileImporter(store: workshop.store).artifact(of: file.path) }
    }

    @Test("a pipe, a loop of links and a file that is gone meanwhile: one clear message each, and nobody waits")
    func strangeFiles() throws {
        let workshop = try Workshop()
        let importer = FileImporter(store: workshop.store)
        let folder = workshop.folder.url
        func failure(_ name: String) -> String? {
            let file = folder.appendingPathComponent(name)
            return #expect(throws: StageFailure.self) { try importer.artifact(of: file.path) }?.message
        }
        mkfifo(folder.appendingPathComponent("pipe").path, 0o644)
        #expect(failure("pipe")?.contains("is a pipe, not an ordinary file") == true)
        symlink("loop", folder.appendingPathComponent("loop").path)
        #expect(failure("loop")?.contains("Too many levels of symbolic links") == true)
        symlink("nothing", folder.appendingPathComponent("dangling").path)
        #expect(failure("dangling")?.contains("No such file") == true)
        let file = try workshop.folder.write("one", to: "file")
        symlink("file", folder.appendingPathComponent("link").path)
        let linked = try importer.artifact(of: folder.appendingPathComponent("link").path)
        #expect(try workshop.store.manifest(linked).members["link"]?.digest == Digest(of: Array("one".utf8)))
        try FileManager.default.removeItem(at: file)
        #expect(failure("file")?.contains("No such file") == true)
        #expect(failure("link")?.contains("No such file") == true)
        #expect(failure("file/below")?.contains("No such file") == true)
    }
}
