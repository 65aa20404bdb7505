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
    /// Whether its owner may execute it, as git looks at it.
    let isExecutable: Bool

    init(size: Int, device: UInt64, inode: UInt64, modified: Int64, changed: Int64, isExecutable: Bool = false) {
        self.size = size
        self.device = device
        self.inode = inode
        self.modified = modified
        self.changed = changed
        self.isExecutable = isExecutable
    }

    init(_ status: stat) {
        size = Int(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        isExecutable = status.st_mode & S_IXUSR != 0
    }

    /// - Throws: `StageFailure` if there is no such file, or it isn't an ordinary one.
    init(of path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            throw StageFailure(.badInput, "input file \(path): \(reason); check the path in the pipeline file")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw StageFailure(
                .badInput,
                "input file \(path) is \(Self.kindName(status.st_mode)), not an ordinary file; "
                    + (isFolder ? "write { folder: path } for a folder" : "name an ordinary file"))
        }
        self.init(status)
    }

    /// Whether reading the file gives other than as many bytes as its metadata says, as for the files of `/proc` and `/sys`,
    /// which the kernel makes up as they are read. They take no room, so that no other file needs to be opened.
    static func isMadeUp(_ path: String, _ status: stat) -> Bool {
        guard status.st_blocks == 0 else { return false }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var byte: UInt8 = 0
        let isLonger = pread(descriptor, &byte, 1, status.st_size) > 0
        return isLonger || status.st_size > 0 && pread(descriptor, &byte, 1, status.st_size - 1) != 1
    }

    /// Why a file that is made up can't be an input.
    static let madeUp = "is made up by the kernel while it is read, and has no content that stays; let a stage copy it"

    /// What stands at a path that isn't an ordinary file.
    static func kindName(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        case S_IFREG: "a file"
        default: "something else than a file"
        }
    }

    /// False if the file was touched so close to `moment` that a later write could carry the same time stamp.
    ///
    /// The margin of two seconds is the coarsest time stamp in use (FAT).
    func isSettled(at moment: Date, margin: Double = 2) -> Bool {
        max(modified, changed) + Int64(margin * 1e9) < Int64(moment.timeIntervalSince1970 * 1e9)
    }
}
