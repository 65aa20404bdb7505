import Checkpoints
import Foundation
import Testing

@Suite struct MappedFileTests {
    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

    @Test("bytes are those of the file")
    func bytesThoseFile() throws {
        let file = try TemporaryFile([1, 2, 3, 4])
        let mapped = try MappedFile(file.path)
        #expect(mapped.size == 4)
        #expect(try mapped.withBytes(1..<3) { Array($0) } == [2, 3])
        #expect(try mapped.withBytes(4..<4) { $0.count } == 0)
    }

    @Test("an empty file has no bytes")
    func emptyFileHasNoBytes() throws {
        let file = try TemporaryFile([])
        let mapped = try MappedFile(file.path)
        #expect(mapped.size == 0)
        #expect(try mapped.withBytes(0..<0) { $0.count } == 0)
    }

    @Test("what is not a file is refused at once")
    func whatNotFileRefusedOnce() throws {
        let folder = FileManager.default.temporaryDirectory.path
        let pipe = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)").path
        #expect(mkfifo(pipe, 0o600) == 0)
        defer { unlink(pipe) }
        for path in [folder, pipe, "/dev/zero"] {
            let error = #expect(throws: CheckpointError.self) { try MappedFile(path) }
            #expect(error == CheckpointError(path, "not a regular file"))
        }
        let error = #expect(throws: CheckpointError.self) { try MappedFile("/nowhere/model.gguf") }
        #expect(error?.problems == ["the file can't be opened: No such file or directory"])
    }

    @Test("a file that is truncated while it is mapped ends reading with an error")
    func fileTruncatedWhileMappedEnds() throws {
        let size = 64 * Self.page
        let file = try TemporaryFile([UInt8](repeating: 7, count: size))
        let mapped = try MappedFile(file.path)
        #expect(truncate(file.path, off_t(3 * Self.page)) == 0)
        let error = #expect(throws: CheckpointError.self) {
            try mapped.withBytes(0..<size) { $0.reduce(0) { $0 + Int($1) } }
        }
        #expect(
            error?.problems == [
                "the file changed while it was in use: \(3 * Self.page) bytes, \(size) when it was opened"
            ])
        // What is left can be touched again, and isn't believed any more.
        #expect(mapped.bytes[Self.page] == 7)
        #expect(mapped.bytes[size - 1] == 0)
        #expect(throws: CheckpointError.self) { try mapped.check() }
    }

    @Test("a file that is cut and grown again in use is not believed")
    func fileCutGrownAgainUse() throws {
        let size = 8 * Self.page
        let file = try TemporaryFile([UInt8](repeating: 7, count: size))
        let mapped = try MappedFile(file.path)
        let error = #expect(throws: CheckpointError.self) {
            try mapped.withBytes(0..<size) { bytes in
                _ = truncate(file.path, 0)
                _ = bytes[size - 1]
                _ = truncate(file.path, off_t(size))
            }
        }
        #expect(error?.problems == ["the file changed while it was in use"])
    }

    @Test("a file that is written to while it is mapped ends reading with an error")
    func fileWrittenWhileMappedEnds() throws {
        let file = try TemporaryFile([UInt8](repeating: 7, count: 100))
        let mapped = try MappedFile(file.path)
        // Later by the clock of the file system.
        usleep(20_000)
        let handle = try #require(FileHandle(forUpdatingAtPath: file.path))
        try handle.write(contentsOf: Data([1]))
        try handle.close()
        let error = #expect(throws: CheckpointError.self) { try mapped.withBytes(0..<1) { $0[0] } }
        #expect(error?.problems == ["the file changed while it was in use"])
    }

    @Test("a file that another replaces is still the file that was opened")
    func fileAnotherReplacesStillFile() throws {
        let file = try TemporaryFile([7])
        let mapped = try MappedFile(file.path)
        try Data([1]).write(to: URL(fileURLWithPath: file.path), options: .atomic)
        #expect(try mapped.withBytes(0..<1) { $0[0] } == 7)
    }

    @Test("many threads lose many files at once")
    func manyThreadsLoseManyFiles() async throws {
        let size = 32 * Self.page
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<20 {
                        let file = try TemporaryFile([UInt8](repeating: 7, count: size))
                        let mapped = try MappedFile(file.path)
                        #expect(truncate(file.path, 1) == 0)
                        #expect(throws: CheckpointError.self) {
                            try mapped.withBytes(0..<size) { bytes in
                                stride(from: size - 1, to: 0, by: -Self.page).reduce(0) { $0 + Int(bytes[$1]) }
                            }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The handler must not swallow a fault that isn't its own.
    @Test("another mapping's loss still ends the process")
    func anotherMappingLossStillEnds() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            let file = try TemporaryFile([UInt8](repeating: 7, count: 10))
            _ = try MappedFile(file.path)
            let descriptor = open(file.path, O_RDWR)
            let size = 4 * Int(sysconf(Int32(_SC_PAGESIZE)))
            let base = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0)!
            unlink(file.path)
            // The byte is used, or the optimizer drops the read.
            exit(Int32(base.load(fromByteOffset: size - 1, as: UInt8.self)))
        }
    }
}
