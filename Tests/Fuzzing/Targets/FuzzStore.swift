import Artifacts
import Foundation

/// A store in memory, where there is such a file system.
final class FuzzStore {
    let store: Store

    init() throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let folder =
            FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
        store = try Store(opening: folder.appendingPathComponent("calm-fuzz-\(UUID().uuidString)"), create: true)
        FuzzFolders.remember(store.root.path)
    }

    func write(_ bytes: [UInt8], to file: URL) {
        unlink(file.path)
        mkdir(file.deletingLastPathComponent().path, 0o755)
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            fatalError("can't write \(file.path): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }

    /// Removes every object and record.
    func empty() {
        for digest in (try? store.objectDigests()) ?? [] { try? store.remove(object: digest) }
        for key in (try? store.executionKeys()) ?? [] { try? store.remove(execution: key) }
    }
}
