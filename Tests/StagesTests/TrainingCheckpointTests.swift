import Artifacts
import Foundation
import Stages
import Synchronization
import Testing

@Suite("A training checkpoint's file") final class TrainingCheckpointTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
    private let store: Store
    private var file: URL { store.checkpoints.appendingPathComponent("training.safetensors") }
    private let state = Data((0..<5_000).map { UInt8($0 % 251) })
    private let losses = [2.5, 1.25, 0.1]

    init() throws { store = try Store(opening: folder, create: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func write() throws -> Data {
        try TrainingCheckpoint(file: file, profile: "here", store: store).write(state: [state], losses: losses)
        return try Data(contentsOf: file)
    }

    private func read(profile: String = "here") -> (state: Data?, losses: [Double]?, log: [String]) {
        defer { try? FileManager.default.removeItem(at: file) }
        let log = Mutex<[String]>([])
        let found = TrainingCheckpoint(file: file, profile: profile, store: store).read { line in
            log.withLock { $0.append(line) }
        }
        return (found?.state, found?.losses, log.withLock { $0 })
    }

    @Test("what was written is read, without a word")
    func roundTrip() throws {
        _ = try write()
        let found = read()
        #expect(found.state == state)
        #expect(found.losses == losses)
        #expect(found.log == [])
    }

    @Test("where there is none, none is read, without a word")
    func absent() {
        let found = read()
        #expect(found.state == nil)
        #expect(found.log == [])
    }

    @Test("a file cut anywhere is ignored with a line in the log", arguments: [0, 1, 7, 8, 9, 100, 2_000, -1])
    func truncated(length: Int) throws {
        let whole = try write()
        try whole.prefix(length < 0 ? whole.count + length : length).write(to: file)
        let found = read()
        #expect(found.state == nil)
        #expect(found.log.count == 1)
        #expect(found.log.first?.hasSuffix(": training starts anew") == true)
    }

    @Test("a flipped bit anywhere is found: in the length, the header, the losses, the state")
    func flipped() throws {
        let whole = try write()
        for position in [0, 2, 7] + stride(from: 8, to: 400, by: 1) + [whole.count / 2, whole.count - 1] {
            var damaged = whole
            damaged[position] ^= 1
            try damaged.write(to: file)
            let found = read()
            #expect(found.state == nil, "bit 0 of byte \(position)")
            #expect(found.log.count == 1, "bit 0 of byte \(position)")
        }
    }

    @Test("one of another numeric profile is ignored, and the log names both")
    func foreignProfile() throws {
        _ = try write()
        let found = read(profile: "there")
        #expect(found.state == nil)
        #expect(found.log == ["the checkpoint was made with here, this is there: training starts anew"])
    }

    @Test("what stands in the folder's place is a store failure that names the file")
    func unwritable() throws {
        try Data().write(to: file)
        let below = file.appendingPathComponent("below")
        #expect {
            try TrainingCheckpoint(file: below, profile: "here", store: store).write(state: [state], losses: losses)
        } throws: { error in
            "\(error)".contains(below.path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: store.tmp.path).isEmpty)
    }
}
