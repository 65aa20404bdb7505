import Artifacts
import Foundation
import Glibc
import Testing

/// Full, read-only and forbidden file systems. Each in a process of its own, since limits and users are a process's.
struct RefusingFileSystemTests {
    @Test("a full disk is said to be full, and no temporary file stays")
    func fileSizeLimit() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryStore()
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1 << 20, rlim_max: 1 << 20)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let error = storeError { _ = try temporary.store.put(noise(4 << 20)) }
            #expect(error?.code == .full)
            #expect(error?.message.contains(temporary.store.tmp.path) == true)
            #expect(temporary.temporaryFiles.isEmpty)
            #expect(throws: Never.self) { try temporary.store.put(noise(1000)) }
        }
    }

    @Test("a large file that has no room leaves while parts of it are still hashed and compressed", arguments: 0..<5)
    func largeFile(_: Int) async {
        await #expect(processExitsWith: .success) {
            unmapWhatIsFreed()
            let temporary = try TemporaryStore()
            let file = temporary.root.appendingPathComponent("large")
            try noise(12 << 20).write(to: file)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1 << 19, rlim_max: 1 << 19)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let error = storeError { _ = try temporary.store.put(file: file) }
            #expect(error?.code == .full)
            #expect(temporary.temporaryFiles.isEmpty)
        }
    }

    @Test(
        "a file system without space says what to do, and one mounted read-only can still be read",
        .enabled(if: geteuid() == 0, "mounting a small file system needs root"))
    func fullAndReadOnlyMount() async {
        await #expect(processExitsWith: .success) {
            let point = FileManager.default.temporaryDirectory.appendingPathComponent("calm-mount-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: point, withIntermediateDirectories: true)
            defer { rmdir(point.path) }
            guard hideMounts(), mount("tmpfs", point.path, "tmpfs", 0, "size=1m") == 0 else {
                print("skipped: this process may not mount (\(String(cString: strerror(errno))))")
                return
            }
            defer { umount2(point.path, Int32(MNT_DETACH)) }
            let store = try Store(opening: point, create: true)
            let small = try store.put(Data("small".utf8)).digest
            let full = storeError { _ = try store.put(noise(4 << 20)) }
            #expect(full?.code == .full)
            #expect(full?.message.contains("free space") == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.tmp.path).isEmpty)

            #expect(mount(nil, point.path, nil, UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
            let again = try Store(opening: point, create: true)
            #expect(try again.data(small) == Data("small".utf8))
            #expect(try again.verify().isSound)
            let refused = storeError { _ = try again.put(Data("more".utf8)) }
            #expect(refused?.code == .readOnly)
            #expect(refused?.message.contains("Read-only file system") == true)
            #expect(throws: Never.self) { try FileLock.shared(point.appendingPathComponent("format"), wait: false) }
            let unlockable = storeError { _ = try FileLock.shared(point.appendingPathComponent("absent"), wait: false) }
            #expect(unlockable?.code == .readOnly)
            let elsewhere = storeError { _ = try Store(opening: point.appendingPathComponent("new"), create: true) }
            #expect(elsewhere?.code == .readOnly)
        }
    }

    @Test("a store of another user is refused with its path, and nothing is lost")
    func permissions() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryStore()
            let digest = try temporary.store.put(Data("mine".utf8)).digest
            // As root every permission holds, hence another user; otherwise a folder that its owner closed.
            if geteuid() == 0 {
                #expect(seteuid(65534) == 0)
            } else {
                for name in ["", "tmp"] { chmod(temporary.root.appendingPathComponent(name).path, 0o555) }
            }
            let refused = storeError { _ = try temporary.store.put(Data("other".utf8)) }
            #expect(refused?.code == .readOnly)
            #expect(refused?.message.contains("Permission denied") == true)
            #expect(try temporary.store.data(digest) == Data("mine".utf8))
            #expect(try temporary.store.verify().isSound)
            seteuid(0)
            chmod(temporary.root.path, 0o000)
            if geteuid() == 0 { seteuid(65534) }
            let closed = storeError { _ = try Store(opening: temporary.root, create: true) }
            #expect(closed?.code == .io)
            #expect(closed?.message.contains(temporary.root.path) == true)
            seteuid(0)
            chmod(temporary.root.path, 0o755)
            chmod(temporary.store.tmp.path, 0o755)
        }
    }
}

/// Has large pieces of memory leave the process as soon as they are freed, so that nobody reads them unnoticed.
private func unmapWhatIsFreed() {
    // Swift's Glibc has no malloc.h, hence by name. -3 is M_MMAP_THRESHOLD.
    guard let symbol = dlsym(nil, "mallopt") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)(-3, 1 << 16)
}

/// Mounts of this thread are its own from here on, so that none outlives the test; false without the right to.
private func hideMounts() -> Bool {
    // glibc declares unshare(2) only under _GNU_SOURCE, hence by name. 0x20000 is CLONE_NEWNS.
    guard let symbol = dlsym(nil, "unshare") else { return false }
    let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
    return unshare(0x20000) == 0
        && mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
}
