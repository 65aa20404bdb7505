import Foundation
import Synchronization

/// Folders of the fuzzer, removed when the process ends: libFuzzer ends it itself.
enum FuzzFolders {
    private static let paths = Mutex<[String]>([])

    static func remember(_ path: String) {
        let isFirst = paths.withLock { list in
            list.append(path)
            return list.count == 1
        }
        guard isFirst else { return }
        atexit { FuzzFolders.paths.withLock { for path in $0 { try? FileManager.default.removeItem(atPath: path) } } }
    }
}
