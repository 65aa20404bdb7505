import Glibc

/// A file that appears at its place whole, durable and by one rename, or not at all.
struct TemporaryFile: ~Copyable {
    let file: OpenFile
    private var isCommitted = false

    init(at path: String) throws(StoreError) {
        file = try OpenFile(creating: path)
    }

    deinit {
        if !isCommitted { unlink(file.path) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try file.write(bytes)
    }

    /// fsync, rename to `destination` (replacing what is there), fsync of its folder, which is made if need be.
    consuming func commit(to destination: String, mode: mode_t) throws(StoreError) {
        let folder = Folder.parent(of: destination)
        guard fchmod(file.descriptor, mode) == 0 else { throw StoreError(errno: errno, "write", file.path) }
        try file.synchronize()
        try Folder.create(folder)
        guard rename(file.path, destination) == 0 else { throw StoreError(errno: errno, "create", destination) }
        isCommitted = true
        try Folder.synchronize(folder)
    }
}
