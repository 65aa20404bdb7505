import Glibc

/// The kind of a file system, as far as it matters to those who share its files.
package enum FileSystemKind {
    /// File systems that several machines may have mounted at once, by the names that Linux has for them.
    private static let shared: Set<Substring> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "coda", "ceph", "lustre", "gpfs", "beegfs", "glusterfs",
        "ocfs2",
        "gfs", "gfs2", "orangefs", "pvfs2", "virtiofs",
    ]

    /// Whether a file system with this name may be in use by several machines. With FUSE it may be anything.
    package static func isShared(_ name: some StringProtocol) -> Bool {
        shared.contains(Substring(name)) || name == "fuse" || name.hasPrefix("fuse.")
    }

    /// The name of the file system on which `path` lies, as the table of mounts has it; nil if it can't be told.
    package static func name(at path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0,
            let text = try? OpenFile(reading: "/proc/self/mountinfo").text()
        else { return nil }
        // As the C library's `major` and `minor`, which are macros.
        let device = UInt64(status.st_dev)
        let major = device >> 8 & 0xFFF | device >> 32 & ~0xFFF
        let minor = device & 0xFF | device >> 12 & ~0xFF
        return name(ofDevice: "\(major):\(minor)", in: text)
    }

    /// In lines such as `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw` (proc(5)): the device comes third, the name
    /// after the hyphen.
    package static func name(ofDevice device: String, in mounts: String) -> String? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == device, let hyphen = fields.firstIndex(of: "-"),
                hyphen + 1 < fields.count
            else { continue }
            return String(fields[hyphen + 1])
        }
        return nil
    }
}

extension OpenFile {
    /// All that can be read, of a file whose size isn't known.
    fileprivate func text() throws(StoreError) -> String {
        var bytes: [UInt8] = []
        while true {
            let piece = try read(1 << 16, at: bytes.count)
            if piece.isEmpty { break }
            bytes += piece
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
