import Artifacts
import Foundation
import Testing

/// Root may do anything, so that these run as nobody where the tests run as root: what removes, and what is left.
@Suite("Removal of what programs leave", .serialized) struct TreeRemovalTests {
    private let root: URL

    init() throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("calm-removal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    }

    private func make(_ name: String, mode: mode_t = 0o755) throws -> String {
        let path = root.path + "/" + name
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        chmod(path, mode)
        return path
    }

    /// Runs the body with the file system rights of an ordinary user.
    private func asOrdinaryUser(_ body: () -> [StoreError]) -> [StoreError] {
        guard geteuid() == 0 else { return body() }
        // All that was made is that user's from here on.
        let names = FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String] ?? []
        for name in names { lchown(root.path + "/" + name, 65534, 65534) }
        lchown(root.path, 65534, 65534)
        setFileSystemUser(65534)
        defer { setFileSystemUser(0) }
        return body()
    }

    @Test(
        "folders without rights for their owner go with all that is in them",
        arguments: [0o000, 0o200, 0o400, 0o500, 0o555])
    func readOnly(mode: mode_t) throws {
        let inner = try make("top/module/cache")
        try Data("x".utf8).write(to: URL(fileURLWithPath: inner + "/file"))
        chmod(inner + "/file", 0o444)
        let failures = asOrdinaryUser {
            chmod(inner, mode)
            chmod(root.path + "/top/module", mode)
            return TreeRemoval.remove(root.path + "/top")
        }
        #expect(failures.isEmpty, "\(failures)")
        #expect(!FileManager.default.fileExists(atPath: root.path + "/top"))
        try FileManager.default.removeItem(at: root)
    }

    @Test("what a link leads to stays, and keeps its mode")
    func links() throws {
        let outside = try make("outside", mode: 0o555)
        let top = try make("top")
        symlink(outside, top + "/link")
        symlink("nothing", top + "/dangling")
        mkfifo(top + "/pipe", 0o600)
        #expect(TreeRemoval.remove(top).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: top))
        let attributes = try FileManager.default.attributesOfItem(atPath: outside)
        #expect(attributes[.posixPermissions] as? Int == 0o555)
        try FileManager.default.removeItem(at: root)
    }

    @Test("names that aren't UTF-8, and more levels than a process may have files open")
    func oddNames() throws {
        let top = try make("top")
        let odd = Array(top.utf8CString.dropLast()) + [47, -1, -2, 0]
        mkdir(odd, 0o755)
        var folder = open(top, O_RDONLY | O_DIRECTORY)
        for _ in 0..<3000 {
            mkdirat(folder, "d", 0o755)
            let next = openat(folder, "d", O_RDONLY | O_DIRECTORY)
            close(folder)
            folder = next
        }
        close(folder)
        let failures = TreeRemoval.remove(top)
        #expect(failures.isEmpty, "\(failures.prefix(2))")
        #expect(!FileManager.default.fileExists(atPath: top))
        try FileManager.default.removeItem(at: root)
    }

    @Test("what can't be removed is named, and the rest goes")
    func refused() throws {
        let theirs = try make("top/theirs")
        _ = try make("top/mine")
        try Data().write(to: URL(fileURLWithPath: theirs + "/kept"))
        let failures = asOrdinaryUser {
            guard geteuid() == 0 else { return [StoreError(.io, theirs)] }
            setFileSystemUser(0)
            chown(theirs, 0, 0)
            chmod(theirs, 0o755)
            chown(theirs + "/kept", 0, 0)
            setFileSystemUser(65534)
            return TreeRemoval.remove(root.path + "/top")
        }
        #expect(failures.count == 1 && failures[0].message.contains(theirs), "\(failures)")
        if geteuid() == 0 { #expect(!FileManager.default.fileExists(atPath: root.path + "/top/mine")) }
        try FileManager.default.removeItem(at: root)
    }

    @Test("what isn't there needs no removal")
    func absent() throws {
        #expect(TreeRemoval.remove(root.path + "/nothing").isEmpty)
        #expect(TreeRemoval.remove("/no/such/folder/nothing").isEmpty)
        try FileManager.default.removeItem(at: root)
    }
}

/// setfsuid(2), which no module has: the rights of this thread alone.
private func setFileSystemUser(_ user: uid_t) {
    guard let function = dlsym(nil, "setfsuid") else { return }
    typealias Call = @convention(c) (uid_t) -> Int32
    _ = unsafeBitCast(function, to: Call.self)(user)
}
