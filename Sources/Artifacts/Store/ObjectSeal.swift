import Glibc

/// What one look at an object's file tells.
package enum ObjectState: Sendable, Hashable {
    case sound, missing, damaged
}

/// The one modification time that the files of all objects have.
///
/// Objects never change, so that their times are free to say something: a file that was written to, cut or replaced by
/// other means than a rename of ours has another one, which the stat that looks for it sees. What a disk loses by itself
/// keeps the time, and is found on reading.
enum ObjectSeal {
    /// 2001-09-09 01:46:40 UTC: even, since some file systems count in steps of two seconds.
    private static let seconds = 1_000_000_000

    /// Sets the time. Where that can't be done the object is as good, but not known to be untouched.
    static func set(_ descriptor: Int32) {
        // Of access, which stays as it is (the C library's UTIME_OMIT), and of modification.
        let times = [timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: seconds, tv_nsec: 0)]
        futimens(descriptor, times)
    }

    static func isIntact(_ status: stat) -> Bool {
        status.st_mtim.tv_sec == seconds && status.st_mtim.tv_nsec == 0
    }
}

extension Store {
    /// Whether the object is there and, as far as its file's metadata tells, as it was written.
    ///
    /// One stat. Only an object whose file was touched since, or came from elsewhere, is read, and sealed again if its
    /// content is what its name says; who may not seal it, as in a store that is read-only, takes it for sound.
    package func state(of digest: Digest) -> ObjectState {
        var status = stat()
        guard stat(objectPath(digest), &status) == 0 else { return .missing }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return .damaged }
        if ObjectSeal.isIntact(status) || !canSeal(status) { return .sound }
        guard isSound(digest) else { return .damaged }
        seal(digest, ifUnchangedSince: status)
        return .sound
    }

    /// Only a file's owner, or root, may set its time.
    private func canSeal(_ status: stat) -> Bool {
        let user = geteuid()
        return (user == 0 || user == status.st_uid) && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0
    }

    /// Seals what was read, once it is on the disk.
    private func seal(_ digest: Digest, ifUnchangedSince before: stat) {
        guard let file = try? OpenFile(reading: objectPath(digest)), (try? file.synchronize()) != nil else { return }
        var now = stat()
        if fstat(file.descriptor, &now) == 0, now.st_ino == before.st_ino,
            (now.st_ctim.tv_sec, now.st_ctim.tv_nsec) == (before.st_ctim.tv_sec, before.st_ctim.tv_nsec)
        {
            ObjectSeal.set(file.descriptor)
        }
    }
}
