import Artifacts
import Foundation

/// A store in a new folder, removed with this object.
final class TemporaryStore {
    let root: URL
    let store: Store

    /// - Parameter inMemory: Where there is such a folder; for tests that write thousands of files, each of them synced.
    init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isUsable = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        root = (isUsable ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("calm-store-\(UUID().uuidString)")
        store = try Store(opening: root, create: true)
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    /// Names of what is in `tmp/`.
    var temporaryFiles: [String] { (try? FileManager.default.contentsOfDirectory(atPath: store.tmp.path)) ?? ["?"] }

    /// Replaces an object's file, or makes one, whatever it holds.
    func overwrite(_ digest: Digest, with bytes: [UInt8]) throws {
        let url = store.objectURL(digest)
        try? FileManager.default.removeItem(at: url)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func file(_ digest: Digest) throws -> [UInt8] { try Array(Data(contentsOf: store.objectURL(digest))) }

    /// An execution of `kind` with one artifact of one member, published.
    func publish(kind: String, seed: Int, inputs: [Digest] = []) throws -> (record: ExecutionRecord, blob: Digest) {
        let member = try store.put(Data("\(kind) \(seed)".utf8))
        let artifact = try store.put(Manifest(type: .model, members: ["weights.bin": member]))
        let record = record(kind: kind, seed: seed, inputs: inputs, output: artifact)
        try store.publish(record)
        return (record, member.digest)
    }

    /// The record of an execution of `kind` with one output.
    func record(kind: String = "train", seed: Int, inputs: [Digest] = [], output artifact: Digest) -> ExecutionRecord {
        let document = JSONValue.object([
            "kind": .string(kind), "version": .int(1), "with": .object(["seed": .int(seed)]),
            "in": .object(["data": .array(inputs.map { .string($0.hex) })]),
        ])
        return ExecutionRecord(
            key: Digest(of: Data(document.canonical.utf8)), keyDocument: document, outputs: ["model": artifact],
            metrics: ["loss": 0.5], startedAt: 1_700_000_000.25, seconds: 2, cpuSeconds: 1.5, peakMemoryBytes: 1 << 20,
            environment: ["blas": "Zen"])
    }
}

/// The error that `body` throws, or nil.
func storeError(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// Bytes that LZ4 can't shrink, the same each time.
func noise(_ count: Int) -> Data {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var data = Data(capacity: count)
    while data.count < count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        withUnsafeBytes(of: state) { data.append(contentsOf: $0.prefix(count - data.count)) }
    }
    return data
}
