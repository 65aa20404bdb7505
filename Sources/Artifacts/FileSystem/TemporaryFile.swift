import Glibc
import Synchronization

/// A file that appears at its place whole, durable and by one rename, or not at all.
struct TemporaryFile: ~Copyable, Sendable {
    let file: OpenFile
    private let isPlaced = Atomic(false)

    init(at path: String) throws(StoreError) {
        file = try OpenFile(creating: path)
    }

    deinit {
        if !isPlaced.load(ordering: .relaxed) { unlink(file.path) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try file.write(bytes)
    }

    /// fsync, rename to `destination` (replacing what is there), fsync of its folder, which is made if need be.
    ///
    /// - Parameters:
    ///   - isDurable: Without it nothing is synced: the file is whole, but a power cut may take it.
    ///   - isSealed: Whether it gets the modification time of objects.
    consuming func commit(
        to destination: String, mode: mode_t, isDurable: Bool = true, isSealed: Bool = false
    ) throws(StoreError) {
        let folder = Folder.parent(of: destination)
        try finish(mode: mode, isSealed: isSealed)
        if isDurable { try file.synchronize() }
        try Folder.create(folder)
        try place(at: destination)
        if isDurable { try Folder.synchronize(folder) }
    }

    /// Gives the file its mode and time. Nothing is written to it afterwards.
    func finish(mode: mode_t, isSealed: Bool) throws(StoreError) {
        guard fchmod(file.descriptor, mode) == 0 else { throw StoreError(errno: errno, "write", file.path) }
        if isSealed { ObjectSeal.set(file.descriptor) }
    }

    /// Renames the file to its place, once its bytes are durable.
    func place(at destination: String) throws(StoreError) {
        guard rename(file.path, destination) == 0 else { throw StoreError(errno: errno, "create", destination) }
        isPlaced.store(true, ordering: .relaxed)
    }
}
