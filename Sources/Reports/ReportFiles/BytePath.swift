import Glibc

/// A path as the system has it: bytes, which need not be UTF-8.
struct BytePath: Hashable, Comparable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(_ text: String) { bytes = Array(text.utf8) }

    /// For messages: what isn't UTF-8 is replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isText: Bool { text.utf8.elementsEqual(bytes) }

    /// Nil for `/` and a name alone.
    var parent: BytePath? {
        guard bytes.count > 1, let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return BytePath(slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
    }

    func appending(_ name: [UInt8]) -> BytePath {
        if bytes.isEmpty { return BytePath(name) }
        return BytePath(bytes.last == UInt8(ascii: "/") ? bytes + name : bytes + [UInt8(ascii: "/")] + name)
    }

    func withCString<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
        let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
        return terminated.withUnsafeBufferPointer { buffer in
            // Never nil: the array isn't empty.
            guard let start = buffer.baseAddress else { return body("") }
            return body(start)
        }
    }

    /// What is there, links followed; nil if nothing is.
    func status() -> stat? {
        var status = stat()
        return withCString { stat($0, &status) } == 0 ? status : nil
    }

    static func < (lhs: Self, rhs: Self) -> Bool { lhs.bytes.lexicographicallyPrecedes(rhs.bytes) }
}

/// Which file it is, whatever it is called.
struct FileIdentity: Hashable {
    private let device: dev_t
    private let inode: ino_t

    init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }
}

extension stat {
    /// Seconds since 1970.
    var modifiedAt: Double { Double(st_mtim.tv_sec) + Double(st_mtim.tv_nsec) * 1e-9 }

    /// What it is, for a message.
    var kind: String {
        switch st_mode & S_IFMT {
        case S_IFDIR: "a folder"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "a file"
        }
    }
}
