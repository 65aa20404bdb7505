import Glibc
import Synchronization

/// Finished files that wait for their place until all of them are durable; made by `Store.batch`.
final class WriteBatch: Sendable {
    /// Files that wait at once: each holds a descriptor, of which a process has 1,024 by default, and other parts need some.
    static let maximumFiles = {
        let limit = sysconf(Int32(_SC_OPEN_MAX))
        return limit < 0 ? 256 : max(1, min(256, limit / 4))
    }()
    /// Bytes that wait at once: memory that the kernel has yet to write.
    static let maximumBytes = 256 << 20

    private struct State {
        var files: [WaitingFile] = []
        var destinations: Set<String> = []
        var bytes = 0
    }

    private let state = Mutex(State())

    /// Whether a file waits for this place.
    func isWaiting(for destination: String) -> Bool { state.withLock { $0.destinations.contains(destination) } }

    /// Takes a file over. Where too many wait, they are put at their places first.
    func add(
        _ file: consuming TemporaryFile, bytes: Int, to destination: String, mode: mode_t, isObject: Bool
    ) throws(StoreError) {
        try file.finish(mode: mode, isSealed: isObject)
        let waiting = WaitingFile(file, destination: destination, isObject: isObject)
        let isFull = state.withLock { state in
            state.files.append(waiting)
            state.destinations.insert(destination)
            state.bytes += bytes
            return state.files.count >= Self.maximumFiles || state.bytes >= Self.maximumBytes
        }
        if isFull { try flush() }
    }

    /// Makes all waiting files durable and puts them at their places: objects first, then what names them.
    ///
    /// A file appears only after its bytes are on the disk, and a record only after the names of the objects are, too.
    /// - Throws: `StoreError`; files that aren't at their places by then are removed.
    func flush() throws(StoreError) {
        let files = state.withLock { state in
            let files = state.files
            state = State()
            return files
        }
        guard !files.isEmpty else { return }
        try ConcurrentCalls.run(files.count) { index throws(StoreError) in try files[index].synchronize() }
        try Self.place(files.filter(\.isObject))
        try Self.place(files.filter { !$0.isObject })
    }

    /// Renames the files in their order, then makes the names durable.
    private static func place(_ files: [WaitingFile]) throws(StoreError) {
        var changed: Set<String> = []
        for file in files {
            let folder = Folder.parent(of: file.destination)
            if changed.insert(folder).inserted { changed.formUnion(try Folder.make(folder)) }
            try file.place()
        }
        let folders = changed.sorted()
        try ConcurrentCalls.run(folders.count) { index throws(StoreError) in try Folder.synchronize(folders[index]) }
    }
}

/// One of the files of a batch; removed with this object, unless it is at its place.
private final class WaitingFile: Sendable {
    private let file: TemporaryFile
    let destination: String
    let isObject: Bool

    init(_ file: consuming TemporaryFile, destination: String, isObject: Bool) {
        self.file = file
        self.destination = destination
        self.isObject = isObject
    }

    func synchronize() throws(StoreError) { try file.file.synchronize() }

    func place() throws(StoreError) { try file.place(at: destination) }
}
