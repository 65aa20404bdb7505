import Artifacts
import Foundation
import Testing

struct DamagedBlobTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// Reads by both ways; neither may give anything.
    private func expectDamage(
        _ digest: Digest, _ what: String, expecting: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let object = try temporary.file(digest)
        let destination = temporary.root.appendingPathComponent("destination")
        let read = storeError { _ = try store.data(digest, expecting: expecting) }
        #expect(read?.code == .damaged, sourceLocation: sourceLocation)
        #expect(read?.message.contains(what) == true, "\(read?.message ?? "no error")", sourceLocation: sourceLocation)
        try temporary.overwrite(digest, with: object)
        let copied = storeError { try store.copy(digest, to: destination, expecting: expecting) }
        #expect(copied?.code == .damaged, sourceLocation: sourceLocation)
        #expect(!FileManager.default.fileExists(atPath: destination.path), sourceLocation: sourceLocation)
        let around = try FileManager.default.contentsOfDirectory(atPath: temporary.root.path)
        #expect(!around.contains { $0.hasPrefix(".destination") }, sourceLocation: sourceLocation)
    }

    @Test("a truncated object is never returned", arguments: [1, 4, 5, 50_000, 99_990, 100_010])
    func truncated(dropped: Int) throws {
        let digest = try store.put(noise(100_000)).digest
        try temporary.overwrite(digest, with: Array(temporary.file(digest).dropLast(dropped)))
        try expectDamage(digest, "is damaged")
    }

    @Test("an object with a flipped bit is never returned", arguments: [0, 4, 8, 14, 19, 30, 20_000, 50_030])
    func flippedBit(at offset: Int) throws {
        let digest = try store.put(noise(50_000) + Data(repeating: 3, count: 50_000)).digest
        var bytes = try temporary.file(digest)
        bytes[offset] ^= 0x10
        try temporary.overwrite(digest, with: bytes)
        try expectDamage(digest, "is damaged")
    }

    @Test("another blob's object under a wrong name is never returned")
    func wrongName() throws {
        let right = try store.put(Data("right".utf8)).digest
        let wrong = try store.put(Data("wrong".utf8)).digest
        try temporary.overwrite(right, with: temporary.file(wrong))
        try expectDamage(right, "its content has the digest \(wrong)")
    }

    @Test("bytes after the frame's end are refused", arguments: [1, 4, 2_000_000])
    func trailing(count: Int) throws {
        let digest = try store.put(noise(3_000_000)).digest
        try temporary.overwrite(digest, with: temporary.file(digest) + Array(repeating: 0, count: count))
        try expectDamage(digest, "bytes follow the end")
    }

    @Test("a frame that lies about its size is refused", arguments: [1, 4, 6, 200, UInt64(1) << 62, UInt64.max])
    func lyingFrame(announced: UInt64) throws {
        let digest = Digest(of: Data("hello".utf8))
        try temporary.overwrite(digest, with: HandmadeFrame.stored(Array("hello".utf8), contentSize: announced))
        try expectDamage(digest, "is damaged")
    }

    @Test("a frame without a size is read, with one that the manifest contradicts it is not")
    func foreignFrame() throws {
        let bytes = noise(300_000)
        let digest = Digest(of: bytes)
        try temporary.overwrite(digest, with: HandmadeFrame.stored(Array(bytes), contentSize: nil))
        #expect(try store.data(digest) == bytes)
        #expect(try store.data(digest, expecting: 300_000) == bytes)
        #expect(storeError { _ = try store.data(digest, expecting: 299_999) }?.code == .damaged)
        #expect(store.contains(digest), "the manifest's mistake mustn't cost a sound object")
        let announced = try store.put(noise(1000)).digest
        #expect(storeError { _ = try store.data(announced, expecting: 999) }?.code == .damaged)
        #expect(store.contains(announced))
    }

    @Test("a bomb is refused after the bytes that the manifest allows")
    func bomb() throws {
        let digest = Digest(of: Data("small".utf8))
        // 1 GiB of zeros from 4 MB.
        try temporary.overwrite(digest, with: HandmadeFrame.zeros(blocks: 256, contentSize: nil))
        let start = ContinuousClock.now
        let error = storeError { _ = try store.data(digest, expecting: 5) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("more than the 5 bytes expected") == true)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("the handmade zeros are a sound frame", arguments: [UInt64(8 << 20), nil])
    func handmadeZeros(contentSize: UInt64?) throws {
        let content = Data(repeating: 0, count: 8 << 20)
        let digest = Digest(of: content)
        try temporary.overwrite(digest, with: HandmadeFrame.zeros(blocks: 2, contentSize: contentSize))
        #expect(try store.data(digest) == content)
    }

    @Test("text, an empty file and a skippable frame are no objects")
    func notFrames() throws {
        let digest = Digest(of: Data("hello".utf8))
        let sound = HandmadeFrame.stored(Array("hello".utf8), contentSize: 5)
        for bytes in [Array("hello".utf8), [], [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2] + sound] {
            try temporary.overwrite(digest, with: bytes)
            try expectDamage(digest, "doesn't begin like an LZ4 frame")
        }
    }

    @Test("reading sets a damaged object aside, so that its producer runs again")
    func settingAside() throws {
        let digest = try store.put(noise(1000)).digest
        try temporary.overwrite(digest, with: Array(temporary.file(digest).dropLast(7)))
        let error = storeError { _ = try store.data(digest) }
        #expect(error?.message.contains("quarantine") == true)
        #expect(!store.contains(digest))
        #expect(FileManager.default.fileExists(atPath: store.quarantine.appendingPathComponent(digest.hex).path))
    }
}
