import Foundation

/// What a file's metadata says of its content: if none of it changed, neither did the bytes.
struct FileSignature: Hashable, Sendable {
    let size: Int
    let device: UInt64
    let inode: UInt64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// Nanoseconds since 1970; unlike `modified`, no program can set it back.
    let changed: Int64

    init(size: Int, device: UInt64, inode: UInt64, modified: Int64, changed: Int64) {
        self.size = size
        self.device = device
        self.inode = inode
        self.modified = modified
        self.changed = changed
    }

    /// - Throws: `StageFailure` if there is no such file, or it isn't an ordinary one.
    init(of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            throw StageFailure(.badInput, "input file \(path): \(reason); check the path in the pipeline file")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let found = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not an ordinary file"
            throw StageFailure(
                .badInput, "input file \(path) is \(found); name one file (pack a folder with tar first)")
        }
        size = Int(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    /// False if the file was touched so close to `moment` that a later write could carry the same time stamp.
    ///
    /// The margin of two seconds is the coarsest time stamp in use (FAT).
    func isSettled(at moment: Date, margin: Double = 2) -> Bool {
        max(modified, changed) + Int64(margin * 1e9) < Int64(moment.timeIntervalSince1970 * 1e9)
    }
}
