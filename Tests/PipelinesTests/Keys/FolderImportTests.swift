import Artifacts
import Foundation
import Pipelines
import Synchronization
import Testing

@Suite("Imported folders") struct FolderImportTests {
    private let workshop: Workshop
    private let data: URL

    init() throws {
        workshop = try Workshop(inMemory: true)
        data = workshop.folder.url.appendingPathComponent("data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
    }

    private func write(_ text: String, to name: String) throws {
        let file = data.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func artifact(_ reference: FileReference? = nil) throws -> Digest {
        let found = try FileImporter(store: workshop.store).artifacts(
            of: [reference ?? .folder(path: data.path)], below: workshop.folder.url.path + "/")
        return try #require(found.first)
    }

    private func manifest(_ reference: FileReference? = nil) throws -> Manifest {
        try workshop.store.manifest(artifact(reference))
    }

    private func failure(_ reference: FileReference? = nil) -> String? {
        (#expect(throws: StageFailure.self) { try artifact(reference) })?.message
    }

    @Test("a folder becomes an artifact with all that is in it: files, modes, links, empty folders")
    func everything() throws {
        try write("one", to: "a.txt")
        try write("#!/bin/sh", to: "bin/run")
        try write("hidden", to: ".hidden")
        chmod(data.path + "/bin/run", 0o755)
        symlink("bin/run", data.path + "/link")
        try FileManager.default.createDirectory(
            at: data.appendingPathComponent("empty/er"), withIntermediateDirectories: true)
        let manifest = try manifest()
        #expect(manifest.type == .folder)
        #expect(
            manifest.members.mapValues(\.kind) == [
                "a.txt": .file, "bin/run": .executable, ".hidden": .file, "link": .link(target: "bin/run"),
                "empty/er": .folder,
            ])
        #expect(try workshop.store.verify().damage.isEmpty)
        #expect(try artifact(.folder(path: "data")) == artifact(.folder(path: "./data/")))
    }

    @Test("an empty folder is an artifact without members")
    func empty() throws { #expect(try manifest().members.isEmpty) }

    @Test("what is added, removed, renamed, changed or made executable gives another artifact; touching doesn't")
    func changes() throws {
        try write("one", to: "a")
        try write("two", to: "b")
        var seen: Set<Digest> = [try artifact()]
        let first = seen
        func isNew() throws -> Bool { seen.insert(try artifact()).inserted }
        utimes(data.path + "/a", nil)
        #expect(try artifact() == first.first)
        try write("3", to: "c")
        #expect(try isNew())
        try write("4", to: "c")
        #expect(try isNew())
        rename(data.path + "/c", data.path + "/d")
        #expect(try isNew())
        chmod(data.path + "/d", 0o755)
        #expect(try isNew())
        unlink(data.path + "/d")
        #expect(try first.contains(artifact()))
        symlink("a", data.path + "/l")
        #expect(try isNew())
    }

    @Test("a settled folder isn't read again; what is gone from the store is")
    func remembering() async throws {
        try write("one", to: "a")
        try write("two", to: "b")
        try await Task.sleep(for: .milliseconds(2100))
        let first = try artifact()
        // An index that lies shows whether it is believed.
        let index = workshop.store.root.appendingPathComponent("imported")
        let text = try String(contentsOf: index, encoding: .utf8)
        let other = try workshop.store.put(Data("other".utf8)).digest
        try Data(text.replacing(Digest(of: Array("one".utf8)).hex, with: other.hex).utf8).write(to: index)
        #expect(try manifest().members["a"]?.digest == other, "the index wasn't used")
        try Data(text.utf8).write(to: index)
        try FileManager.default.removeItem(at: workshop.store.objectURL(Digest(of: Array("two".utf8))))
        try FileManager.default.removeItem(at: workshop.store.objectURL(first))
        #expect(try artifact() == first)
        #expect(workshop.store.isComplete(first))
    }

    @Test("links that lead out, special files, odd names and stores are refused by name")
    func refused() throws {
        func refused(_ name: String, _ make: (String) -> Void) -> String? {
            let path = data.path + "/" + name
            make(path)
            defer { _ = TreeRemoval.remove(path) }
            return failure()
        }
        #expect(
            refused("out", { symlink("/etc/passwd", $0) })?.contains("'out' is a link whose target is absolute") == true
        )
        #expect(refused("up", { symlink("../x", $0) })?.contains("to \"../x\"") == true)
        #expect(refused("pipe", { mkfifo($0, 0o600) })?.contains("'pipe' is a pipe") == true)
        #expect(refused("new\nline", { mkdir($0, 0o755) })?.contains("holds a control character") == true)
        #expect(refused("back\\slash", { mkdir($0, 0o755) })?.contains("holds a backslash") == true)
        let bytes = Array((data.path + "/").utf8CString.dropLast()) + [-1, 0]
        mkdir(bytes, 0o755)
        #expect(failure()?.contains("isn't UTF-8") == true)
        rmdir(bytes)
        #expect(failure(.folder(path: workshop.folder.url.path))?.contains("'store' in it is a calm store") == true)
        #expect(failure(.folder(path: "none"))?.contains("No such file") == true)
        try write("x", to: "file")
        #expect(failure(.folder(path: "data/file"))?.contains("write { file: path }") == true)
        try write("1", to: "e\u{301}")
        try write("2", to: "\u{E9}")
        #expect(failure()?.contains("different Unicode characters") == true)
    }

    @Test("a glob becomes a folder of the files that match, by their paths from the pipeline's folder")
    func globs() throws {
        try write("one", to: "x/a.csv")
        try write("two", to: "y/a.csv")
        try write("three", to: "y/a.txt")
        let manifest = try manifest(.glob(pattern: "data/*/*.csv"))
        #expect(manifest.type == .folder)
        #expect(manifest.members.keys.sorted() == ["data/x/a.csv", "data/y/a.csv"])
        let before = try artifact(.glob(pattern: "data/**/*.csv"))
        #expect(try workshop.store.manifest(before) == manifest)
        try write("four", to: "z/a.csv")
        #expect(try artifact(.glob(pattern: "data/**/*.csv")) != before)
        #expect(failure(.glob(pattern: "*.none"))?.contains("no file matches") == true)
        #expect(failure(.glob(pattern: "[x"))?.contains("without its ']'") == true)
    }

    @Test("files of an artifact of their own and those of a folder share what is known of them")
    func shared() async throws {
        try write("one", to: "a")
        try await Task.sleep(for: .milliseconds(2100))
        let file = try artifact(.file(path: "data/a"))
        let folder = try artifact()
        #expect(try artifact(.file(path: "data/a")) == file)
        #expect(try artifact() == folder)
    }

    @Test("an executable file is one in its artifact, and becomes another when that changes")
    func executableFile() throws {
        try write("x", to: "run")
        let plain = try artifact(.file(path: "data/run"))
        chmod(data.path + "/run", 0o700)
        let manifest = try manifest(.file(path: "data/run"))
        #expect(manifest.members["run"]?.kind == .executable)
        chmod(data.path + "/run", 0o600)
        #expect(try artifact(.file(path: "data/run")) == plain)
    }

    @Test("a folder that changes while it is imported is bound as it was at one moment, or refused")
    func changingFolder() throws {
        let spare = workshop.folder.url.path + "/spare"
        // `a` is always the first to have the next number.
        let replace: @Sendable (String, Int) -> Void = { [data] name, number in
            try? Data("\(number)".utf8).write(to: URL(fileURLWithPath: spare))
            rename(spare, data.path + "/" + name)
        }
        for name in ["a", "b"] { replace(name, 0) }
        let isDone = Atomic(false)
        let writer = DispatchGroup()
        DispatchQueue.global().async(group: writer) {
            var number = 0
            while !isDone.load(ordering: .relaxed) {
                number += 1
                for name in ["a", "b"] {
                    replace(name, number)
                    usleep(1000)
                }
                if number % 60 == 0 { usleep(300_000) }
            }
        }
        var (bound, refused) = (0, 0)
        // On a busy machine the writer may not run for a while.
        let deadline = ContinuousClock.now + .seconds(60)
        while bound < 5 || refused < 1, ContinuousClock.now < deadline {
            do {
                let members = try manifest().members
                let numbers = try ["a", "b"].map { name in
                    let bytes = try workshop.store.data(try #require(members[name]).digest)
                    return try #require(Int(String(decoding: bytes, as: UTF8.self)))
                }
                #expect((0...1).contains(numbers[0] - numbers[1]), "\(numbers)")
                bound += 1
            } catch let failure as StageFailure {
                #expect(failure.category == .badInput && failure.message.contains("is being written to"))
                refused += 1
            }
        }
        isDone.store(true, ordering: .relaxed)
        writer.wait()
        #expect(bound > 0)
    }

    @Test("many small files")
    func many() throws {
        for number in 0..<1500 { try write("\(number)", to: "f\(number % 7)/\(number)") }
        #expect(try manifest().members.count == 1500)
        #expect(try workshop.store.verify().damage.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.store.tmp.path).isEmpty)
    }
}
