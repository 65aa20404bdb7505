import Glibc

/// Folder operations whose failures name their path.
enum Folder {
    /// Sorted names of the entries, without `.` and `..`; none if the folder doesn't exist.
    static func entries(_ path: String) throws(StoreError) -> [String] {
        guard let folder = opendir(path) else {
            if errno == ENOENT { return [] }
            throw StoreError(errno: errno, "list", path)
        }
        defer { closedir(folder) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else {
                guard errno == 0 else { throw StoreError(errno: errno, "list", path) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Makes sure that the folder exists, its parents included, durably.
    static func create(_ path: String) throws(StoreError) {
        for folder in try make(path) { try synchronize(folder) }
    }

    /// Makes sure that the folder exists, its parents included; returns the folders that got a new entry by this and are yet
    /// to be synchronized, the outermost first.
    static func make(_ path: String) throws(StoreError) -> [String] {
        if mkdir(path, 0o755) == 0 { return [parent(of: path)] }
        switch errno {
        case EEXIST, EROFS:
            // Some file systems answer EROFS before they look whether the folder is there.
            let number = errno
            guard isFolder(path) else { throw StoreError(errno: number, "create the folder", path) }
            return []
        case ENOENT:
            let parent = parent(of: path)
            guard parent != path else { throw StoreError(errno: ENOENT, "create the folder", path) }
            let changed = try make(parent)
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
                throw StoreError(errno: errno, "create the folder", path)
            }
            return changed + [parent]
        default:
            throw StoreError(errno: errno, "create the folder", path)
        }
    }

    /// Makes renames and new entries in the folder durable.
    static func synchronize(_ path: String) throws(StoreError) {
        let folder = try OpenFile(reading: path)
        // Some file systems can't fsync a folder and say EINVAL; there is nothing more to be had there.
        guard fsync(folder.descriptor) == 0 || errno == EINVAL else { throw StoreError(errno: errno, "write", path) }
    }

    /// Whether the entry of a folder is one itself.
    ///
    /// - Throws: `StoreError` if that can't be told, rather than to pass over what is in it.
    static func isSubfolder(_ path: String) throws(StoreError) -> Bool {
        var status = stat()
        if stat(path, &status) == 0 { return status.st_mode & S_IFMT == S_IFDIR }
        guard [ENOENT, ENOTDIR, ELOOP].contains(errno) else { throw StoreError(errno: errno, "read", path) }
        return false
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
