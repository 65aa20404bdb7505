import Glibc

/// A file descriptor that closes itself; every failure names its path.
struct OpenFile: ~Copyable, Sendable {
    let descriptor: Int32
    let path: String

    /// Opens `path` for reading. Doesn't wait for a writer, should it be a pipe.
    init(reading path: String) throws(StoreError) {
        try self.init(path, O_RDONLY | O_NONBLOCK, mode: 0, action: "read")
    }

    /// Creates `path`, which must not exist.
    init(creating path: String, mode: mode_t = 0o600) throws(StoreError) {
        try self.init(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode, action: "create")
    }

    /// Opens `path` to write at its end.
    init(appending path: String) throws(StoreError) {
        try self.init(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o666, action: "write")
    }

    /// Opens `path`, such as a pipe or a terminal, to write to it as it stands there.
    ///
    /// A pipe that nobody reads is an error: to wait for a reader could last for ever.
    init(writing path: String) throws(StoreError) {
        try self.init(path, O_WRONLY | O_NONBLOCK, mode: 0, action: "write")
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    }

    private init(_ path: String, _ flags: Int32, mode: mode_t, action: String) throws(StoreError) {
        var descriptor: Int32
        repeat { descriptor = open(path, flags | O_CLOEXEC, mode) } while descriptor < 0 && errno == EINTR
        guard descriptor >= 0 else { throw StoreError(errno: errno, action, path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Bytes in the file; an error if it isn't a regular one.
    func regularSize() throws(StoreError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StoreError(errno: errno, "read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.io, "can't read \(path): expected a regular file")
        }
        return Int(status.st_size)
    }

    /// Fills as much of `buffer` as the file still has: fewer bytes than asked for mean the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var count = 0
        while count < buffer.count {
            let got = Glibc.read(descriptor, base + count, buffer.count - count)
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw StoreError(errno: errno, "read", path)
            }
            count += got
        }
        return count
    }

    /// The bytes at `offset`, fewer at the end of the file.
    func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = pread(descriptor, &bytes, count, off_t(offset))
        guard got >= 0 else { throw StoreError(errno: errno, "read", path) }
        return Array(bytes.prefix(got))
    }

    /// Moves to where the next sequential read starts.
    func seek(to offset: Int) throws(StoreError) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw StoreError(errno: errno, "read", path) }
    }

    /// The whole file, refused beyond `limit` bytes.
    func contents(limit: Int) throws(StoreError) -> [UInt8] {
        let size = try regularSize()
        guard size <= limit else {
            throw StoreError(.hostile, "\(path) has \(size) bytes, expected at most \(limit)")
        }
        return try read(size, at: 0)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) { try Self.write(bytes, to: descriptor, path) }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws(StoreError) {
        guard let base = bytes.baseAddress else { return }
        var count = 0
        while count < bytes.count {
            let put = Glibc.write(descriptor, base + count, bytes.count - count)
            if put < 0 {
                if errno == EINTR { continue }
                throw StoreError(errno: errno, "write", path)
            }
            count += put
        }
    }

    /// Gives the file its size, so that a full disk is found before the work.
    func allocate(_ bytes: Int) throws(StoreError) {
        let code = bytes == 0 ? 0 : posix_fallocate(descriptor, 0, off_t(bytes))
        guard code == 0 else { throw StoreError(errno: code, "write", path) }
    }

    func synchronize() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw StoreError(errno: errno, "write", path) }
    }
}
