import Glibc

/// Writes a tar file, which appears at its place whole or not at all.
struct TarWriter: ~Copyable {
    private let file: TemporaryFile
    private let destination: String

    init(to path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(
                .io, "can't write \(path): it isn't a regular file; name another, which is renamed into place")
        }
        let name = path.split(separator: "/").last ?? ""
        file = try TemporaryFile(at: "\(Folder.parent(of: path))/.\(name.prefix(100)).\(TemporaryName.next())")
        destination = path
    }

    func add(_ name: String, _ bytes: [UInt8]) throws(StoreError) {
        let header = TarHeader(name: name, size: bytes.count)
        try write(header.block + bytes + [UInt8](repeating: 0, count: header.padding))
    }

    /// Adds a file of a known size, piece by piece.
    func add(
        _ name: String, _ content: borrowing OpenFile, size: Int, through buffer: UnsafeMutableRawBufferPointer
    ) throws(StoreError) {
        let header = TarHeader(name: name, size: size)
        try write(header.block)
        var count = 0
        while true {
            let got = try content.read(into: buffer)
            if got == 0 { break }
            count += got
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        }
        guard count == size else { throw StoreError(.io, "\(content.path) changed while it was read") }
        try write([UInt8](repeating: 0, count: header.padding))
    }

    consuming func finish() throws(StoreError) {
        try write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        try file.commit(to: destination, mode: 0o644)
    }

    private func write(_ bytes: [UInt8]) throws(StoreError) {
        // The closure of `withUnsafeBytes` can't borrow a noncopyable value, hence the detour.
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(StoreError) in try file.write(buffer) } }
        try result.get()
    }
}
