import Artifacts
import Foundation
import Testing

/// Whatever happens to an object's file, it is found on reading, and reading never gives other bytes.
struct ObjectDamageTests {
    let temporary: TemporaryStore
    var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore(inMemory: true) }

    enum Content: String, CaseIterable, Sendable {
        case empty, oneByte, text, manifest, zeros, periodic, noise

        var bytes: Data {
            switch self {
            case .empty: Data()
            case .oneByte: Data([7])
            case .text: Data("The quick brown fox jumps over the lazy dog; the quick brown fox sleeps.".utf8)
            case .manifest: Data(Manifest(type: .model, metadata: ["layers": .int(2)]).json.canonical.utf8)
            case .zeros: Data(repeating: 0, count: 5000)
            case .periodic: Data((0..<3000).map { UInt8($0 % 3) })
            case .noise: ArtifactsTests.noise(100)
            }
        }
    }

    /// The error of reading an object whose file holds these bytes.
    private func damage(_ digest: Digest, _ bytes: [UInt8]) throws -> StoreError.Code? {
        try temporary.overwrite(digest, with: bytes)
        return storeError { _ = try store.data(digest) }?.code
    }

    @Test("every flipped bit of a small object is damage", arguments: Content.allCases)
    func flips(_ content: Content) throws {
        let digest = try store.put(content.bytes).digest
        let sound = try temporary.file(digest)
        for index in sound.indices {
            for bit in 0..<8 {
                var bytes = sound
                bytes[index] ^= 1 << bit
                #expect(try damage(digest, bytes) == .damaged, "bit \(bit) of byte \(index) of \(sound.count)")
            }
        }
    }

    @Test("every truncation, every appended byte and another object are damage", arguments: Content.allCases)
    func lengths(_ content: Content) throws {
        let digest = try store.put(content.bytes).digest
        let sound = try temporary.file(digest)
        for count in sound.indices {
            #expect(try damage(digest, Array(sound[..<count])) == .damaged, "\(count) of \(sound.count) bytes")
        }
        for byte in [0, 1, 4, 255] as [UInt8] { #expect(try damage(digest, sound + [byte]) == .damaged) }
        #expect(try damage(digest, sound + sound) == .damaged)
        let other = try store.put(Data("another".utf8)).digest
        #expect(try damage(digest, temporary.file(other)) == .damaged)
    }

    private func modified(_ digest: Digest) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: store.objectURL(digest).path)[.modificationDate] as? Date
    }

    @Test("one stat tells that an object was touched; a touched one is read, and sealed again if it is sound")
    func seal() throws {
        let digest = try store.put(Data("sealed".utf8)).digest
        let seal = try #require(try modified(digest))
        #expect(try store.put(Data("another".utf8)).digest != digest && store.state(of: digest) == .sound)
        let sound = try temporary.file(digest)
        try temporary.overwrite(digest, with: sound)
        #expect(try modified(digest) != seal)
        #expect(store.state(of: digest) == .sound)
        #expect(try modified(digest) == seal)
        for damaged in [Array(sound.dropLast()), sound + [0], [UInt8]()] {
            try temporary.overwrite(digest, with: damaged)
            #expect(store.state(of: digest) == .damaged && store.state(of: digest) == .damaged)
        }
        try FileManager.default.removeItem(at: store.objectURL(digest))
        #expect(store.state(of: digest) == .missing)
        try FileManager.default.createDirectory(at: store.objectURL(digest), withIntermediateDirectories: false)
        #expect(store.state(of: digest) == .damaged)
    }

    @Test("a sealed object isn't read when it is looked for")
    func unread() throws {
        let digest = try store.put(Data("sealed".utf8)).digest
        let seal = try #require(try modified(digest))
        try temporary.overwrite(digest, with: [1, 2, 3])
        try FileManager.default.setAttributes([.modificationDate: seal], ofItemAtPath: store.objectURL(digest).path)
        #expect(store.state(of: digest) == .sound)
        #expect(storeError { _ = try store.data(digest) }?.code == .damaged)
    }

    @Test("flips all over an object of several blocks are damage, on reading and for verify")
    func largeObject() throws {
        let bytes = noise(700_000) + Data(repeating: 5, count: 700_000)
        let digest = try store.put(bytes).digest
        let sound = try temporary.file(digest)
        for index in stride(from: 0, to: sound.count, by: 9973) {
            var flipped = sound
            flipped[index] ^= 1 << (index % 8)
            #expect(try damage(digest, flipped) == .damaged, "byte \(index)")
        }
        try temporary.overwrite(digest, with: Array(sound.dropLast(100_000)))
        #expect(try store.verify().damage.map(\.subject) == [.object(digest)])
    }
}
