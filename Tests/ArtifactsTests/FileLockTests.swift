import Artifacts
import Foundation
import Testing

struct FileLockTests {
    let temporary: TemporaryStore
    var url: URL { temporary.store.locks.appendingPathComponent("lock") }

    init() throws { temporary = try TemporaryStore() }

    @Test("an exclusive lock keeps others out until it is let go")
    func exclusive() throws {
        var lock: FileLock? = try FileLock.exclusive(url, wait: false)
        #expect(storeError { _ = try FileLock.exclusive(url, wait: false) }?.code == .locked)
        #expect(storeError { _ = try FileLock.shared(url, wait: false) }?.code == .locked)
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(throws: Never.self) { try FileLock.exclusive(url, wait: false) }
    }

    @Test("one that has to be there already isn't made")
    func present() throws {
        #expect(storeError { _ = try FileLock.sharedIfPresent(url) }?.code == .missing)
        #expect(!FileManager.default.fileExists(atPath: url.path))
        let lock = try FileLock.exclusive(url, wait: false)
        #expect(storeError { _ = try FileLock.sharedIfPresent(url) }?.code == .locked)
        withExtendedLifetime(lock) {}
    }

    @Test("it is let go though a process that is being started has its descriptor")
    func copied() throws {
        var lock: FileLock? = try FileLock.exclusive(url, wait: false)
        let path = url.resolvingSymlinksInPath().path
        let files = FileManager.default
        let descriptor = try #require(
            try files.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }.first {
                (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
            })
        let copy = dup(descriptor)
        defer { close(copy) }
        withExtendedLifetime(lock) {}
        lock = nil
        #expect(throws: Never.self) { try FileLock.exclusive(url, wait: false) }
    }

    @Test("shared locks go together and keep an exclusive one out")
    func shared() throws {
        let first = try FileLock.shared(url, wait: false)
        let second = try FileLock.shared(url, wait: false)
        #expect(storeError { _ = try FileLock.exclusive(url, wait: false) }?.code == .locked)
        withExtendedLifetime((first, second)) {}
    }

    @Test("who waits gets the lock when it is free, even if its file was removed")
    func waiting() throws {
        var lock: FileLock? = try FileLock.exclusive(url, wait: false)
        let path = url
        let taken = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            let next = try? FileLock.exclusive(path, wait: true)
            // The file at the path is the locked one: nobody else can take it now.
            if next != nil, (try? FileLock.exclusive(path, wait: false)) == nil { taken.signal() }
        }
        #expect(taken.wait(timeout: .now() + 0.1) == .timedOut)
        lock?.removeFile()
        lock = nil
        #expect(taken.wait(timeout: .now() + 5) == .success)
    }

    @Test("a lock in a folder that isn't there names its path")
    func missingFolder() {
        let error = storeError { _ = try FileLock.exclusive(URL(fileURLWithPath: "/nowhere/lock"), wait: true) }
        #expect(error?.message.contains("/nowhere/lock") == true)
    }
}
