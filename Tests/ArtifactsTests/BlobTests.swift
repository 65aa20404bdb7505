import Artifacts
import Foundation
import Testing

struct BlobTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test("bytes come back as they went in, whatever their size", arguments: [0, 1, 5, 65_536, 262_145, 3_000_001])
    func roundTrip(size: Int) throws {
        let bytes = noise(size)
        let member = try store.put(bytes)
        #expect(member == Manifest.Member(digest: Digest(of: bytes), size: size))
        #expect(try store.data(member.digest) == bytes)
        #expect(try store.data(member.digest, expecting: size) == bytes)
        let file = temporary.root.appendingPathComponent("copy")
        try store.copy(member.digest, to: file)
        #expect(try Data(contentsOf: file) == bytes)
        #expect(try store.put(file: file) == member)
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test(
        "a file's pieces, compressed side by side, stand in the order of its content",
        arguments: [1_048_575, 1_048_576, 1_048_577, 5 << 20, 12_345_678])
    func pieces(size: Int) throws {
        // Numbers at one end and runs at the other: pieces that are compressed fast meet slow ones.
        let half = noise(size / 2)
        let bytes = half + Data((0..<size - half.count).map { UInt8(truncatingIfNeeded: $0 >> 10) })
        let file = temporary.root.appendingPathComponent("source")
        try bytes.write(to: file)
        let member = try store.put(file: file)
        #expect(member == Manifest.Member(digest: Digest(of: bytes), size: size))
        #expect(try store.data(member.digest) == bytes)
        #expect(try store.verify().damage.isEmpty)
    }

    @Test("a file and the same bytes in memory are one blob", arguments: [0, 1_048_576, 2_500_000])
    func fileAndMemory(size: Int) throws {
        let bytes = Data(repeating: 7, count: size)
        let file = temporary.root.appendingPathComponent("source")
        try bytes.write(to: file)
        let fromFile = try store.put(file: file)
        let object = try temporary.file(fromFile.digest)
        try FileManager.default.removeItem(at: store.objectURL(fromFile.digest))
        #expect(try store.put(bytes) == fromFile)
        #expect(try temporary.file(fromFile.digest) == object)
    }

    @Test("objects are read-only and named by their content's digest")
    func naming() throws {
        let digest = try store.put(Data("abc".utf8)).digest
        #expect(digest.hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let path = temporary.root.path + "/objects/ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(store.objectURL(digest).path == path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o444)
    }

    @Test("a blob that is there already isn't written again")
    func deduplication() throws {
        let bytes = noise(1000)
        let digest = try store.put(bytes).digest
        func inode() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: store.objectURL(digest).path)[.systemFileNumber] as? Int
        }
        let before = try inode()
        _ = try store.put(bytes)
        #expect(try inode() == before)
    }

    @Test("storing again mends a truncated object")
    func mending() throws {
        let bytes = noise(100_000)
        let digest = try store.put(bytes).digest
        try temporary.overwrite(digest, with: Array(temporary.file(digest).dropLast(10)))
        _ = try store.put(bytes)
        #expect(try store.data(digest) == bytes)
    }

    @Test("incompressible bytes cost no more than their frame")
    func overhead() throws {
        let digest = try store.put(noise(10 << 20)).digest
        #expect(try temporary.file(digest).count < (10 << 20) + 512)
    }

    @Test("an empty or absent file is not contained")
    func containment() throws {
        let digest = Digest(of: Data("x".utf8))
        #expect(!store.contains(digest))
        try temporary.overwrite(digest, with: [])
        #expect(!store.contains(digest))
        _ = try store.put(Data("x".utf8))
        #expect(store.contains(digest))
    }

    @Test("a missing blob and a missing source say which")
    func missing() {
        let digest = Digest(of: Data("nowhere".utf8))
        let blob = storeError { _ = try store.data(digest) }
        #expect(blob?.code == .missing)
        #expect(blob?.message.contains(digest.hex) == true)
        let source = storeError { _ = try store.put(file: URL(fileURLWithPath: "/nowhere/file")) }
        #expect(source?.code == .missing)
        #expect(source?.message.contains("/nowhere/file") == true)
        #expect(storeError { _ = try store.put(file: temporary.root) }?.code == .io)
        #expect(temporary.temporaryFiles.isEmpty)
    }

    @Test("lz4 and sha256sum agree with the store", .enabled(if: Self.hasTools, "lz4 or sha256sum isn't installed"))
    func commandLineTools() throws {
        for bytes in [Data(), noise(700_000), Data(repeating: 65, count: 5_000_000)] {
            let digest = try store.put(bytes).digest
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "lz4 -dc \"$0\" | sha256sum", store.objectURL(digest).path]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(text.hasPrefix(digest.hex))
        }
    }

    private static var hasTools: Bool {
        ["lz4", "sha256sum"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
    }
}
