import Artifacts
import Foundation
import Testing

struct WholeFileTests {
    let temporary: TemporaryStore
    private var file: URL { temporary.root.appendingPathComponent("report.xml") }

    init() throws { temporary = try TemporaryStore() }

    @Test("a file is replaced as a whole, and readable as the process's mask says")
    func replacing() throws {
        try Data("old and long".utf8).write(to: file)
        let before = try inode()
        try WholeFile.write(Data("new".utf8), to: file)
        #expect(try String(contentsOf: file, encoding: .utf8) == "new")
        #expect(try inode() != before, "the old file was written over, which a reader could have seen")
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        let mask = umask(0)
        umask(mask)
        #expect(mode == 0o666 & ~Int(mask))
    }

    @Test("a symbolic link stays, and what it leads to is replaced")
    func link() throws {
        let target = temporary.root.appendingPathComponent("target")
        try Data("old".utf8).write(to: target)
        try FileManager.default.createSymbolicLink(at: file, withDestinationURL: target)
        try WholeFile.write(Data("new".utf8), to: file)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: file.path) == target.path)
        #expect(try String(contentsOf: target, encoding: .utf8) == "new")
    }

    @Test("a pipe is written to, not replaced")
    func pipe() throws {
        #expect(mkfifo(file.path, 0o600) == 0)
        // Opened for both, so that neither end waits for the other.
        let reader = open(file.path, O_RDWR)
        defer { close(reader) }
        try WholeFile.write(Data("new".utf8), to: file)
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(read(reader, &bytes, 8) == 3 && bytes.starts(with: Array("new".utf8)))
    }

    @Test("more than a pipe holds is written as a whole, as fast as it is read")
    func slowReader() throws {
        #expect(mkfifo(file.path, 0o600) == 0)
        let (path, bytes) = (file.path, Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }))
        let reader = Process()
        reader.executableURL = URL(fileURLWithPath: "/bin/sh")
        reader.arguments = ["-c", "exec 3<'\(path)'; sleep 0.2; cat <&3 > '\(path).read'"]
        try reader.run()
        // Until somebody reads, it is an error.
        let deadline = ContinuousClock.now + .seconds(20)
        while (try? WholeFile.write(bytes, to: file)) == nil, ContinuousClock.now < deadline { usleep(1000) }
        reader.waitUntilExit()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".read")) == bytes)
    }

    @Test("a pipe that nobody reads is an error, not a wait for ever")
    func unreadPipe() async {
        await #expect(processExitsWith: .success) {
            // Ends this process if it waits.
            alarm(20)
            let temporary = try TemporaryStore()
            let file = temporary.root.appendingPathComponent("pipe")
            #expect(mkfifo(file.path, 0o600) == 0)
            let error = storeError { try WholeFile.write(Data("new".utf8), to: file) }
            #expect(error?.code == .io && error?.message.contains(file.path) == true, "\(String(describing: error))")
        }
    }

    @Test("what can't be written leaves nothing behind")
    func failing() throws {
        let folder = temporary.root.appendingPathComponent("folder")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let before = try FileManager.default.contentsOfDirectory(atPath: temporary.root.path)
        #expect(throws: StoreError.self) { try WholeFile.write(Data("new".utf8), to: folder) }
        #expect(throws: StoreError.self) {
            try WholeFile.write(Data("new".utf8), to: temporary.root.appendingPathComponent("nowhere/report.xml"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.root.path) == before)
    }

    private func inode() throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int
    }
}
