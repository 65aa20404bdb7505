import Foundation
import Glibc

/// Other people's files: a folder that holds some is never made a store, and those in a store are never removed.
extension Store {
    /// Files of a checkout that may stand beside a store's own.
    static let checkoutFiles: Set = ["README.md", ".gitignore", ".gitattributes", ".gitkeep"]
    private static let formatText = "calm store \(format)\n"

    /// Refuses a folder without the file `format` in which others keep things. Nothing in it is touched.
    ///
    /// A creation that was cut short leaves empty folders, and an unfinished `format` below `tmp/`.
    /// - Throws: `StoreError` with `.notAStore` naming some of them and the way out, or `.io`.
    func refuseForeignFolder() throws(StoreError) {
        if let place = try placeOfAnotherUse() {
            throw StoreError(
                .notAStore,
                "\(path) is \(place), expected a folder of its own for the store: name one with --store DIR, such as \(path == "/" ? "" : path)/artifacts"
            )
        }
        let others = try foreignEntries()
        guard !others.isEmpty else { return }
        // Another process may have made the store since its format was looked for.
        if try hasFormat() { return }
        throw StoreError(
            .notAStore,
            "\(path) is not a calm store (it has no file 'format') and holds other things (\(Self.some(of: others))); nothing in it was changed: name a new or empty folder for the store with --store DIR"
        )
    }

    /// `a, b, c, …`
    package static func some(of names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    }

    /// What a folder is that never becomes a store, however little it holds; nil for any other.
    private func placeOfAnotherUse() throws(StoreError) -> String? {
        guard let real = Self.realPath(path) else { return nil }
        if real == "/" { return "the root of the file system" }
        if let home = getenv("HOME"), Self.realPath(String(cString: home)) == real { return "your home folder" }
        var status = stat()
        return lstat(path + "/.git", &status) == 0 ? "the top folder of a git checkout" : nil
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Paths, below the root of a folder that isn't a store yet, of what neither a checkout nor calm leaves there.
    func foreignEntries() throws(StoreError) -> [String] {
        var others: [String] = []
        for name in try Folder.entries(path) {
            let kind = Self.kind(of: "\(path)/\(name)")
            if kind == S_IFREG && Self.checkoutFiles.contains(name) || kind == nil { continue }
            guard kind == S_IFDIR, Self.folders.contains(name) || Self.laterFolders.contains(name) else {
                others.append(name)
                continue
            }
            var content = try Folder.entries("\(path)/\(name)")
            if name == "tmp" { content.removeAll { isUnfinishedFormat("\(path)/tmp/\($0)") } }
            others += content.map { "\(name)/\($0)" }
        }
        return others
    }

    /// The kind of file, links not followed; nil if there is none any more.
    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private func isUnfinishedFormat(_ file: String) -> Bool {
        guard let kind = Self.kind(of: file) else { return true }
        guard kind == S_IFREG, let bytes = try? OpenFile(reading: file).contents(limit: 64) else { return false }
        let name = file.dropFirst(file.lastIndex(of: "/").map { file.distance(from: file.startIndex, to: $0) + 1 } ?? 0)
        // Without the suffix: as earlier versions of calm left it.
        return (TemporaryName.isOwn(String(name)) || TemporaryName.isOwn("\(name).calm"))
            && Self.formatText.utf8.starts(with: bytes)
    }

    // MARK: In a store

    /// Whether a path below a store's root is of its own files, which nobody else may write. Not so below `runs/`, where reports
    /// stand, and beside the store's own files.
    package static func isInternal(_ name: String) -> Bool {
        let first = String(name.prefix { $0 != "/" })
        return first != "runs" && (folders.contains(first) || laterFolders.contains(first))
            || isCatalogue(name) || ["format", "imported"].contains(name)
    }

    /// Paths below the root of what calm didn't write, as far as names tell. They stay, whatever is collected.
    package func foreignFiles() throws(StoreError) -> [String] {
        let files = Self.checkoutFiles.union(["format", "imported", "secret"])
        var found: [String] = []
        for name in try Folder.entries(path) where !files.contains(name) {
            let isOwn = Self.folders.contains(name) || Self.laterFolders.contains(name) || Self.isCatalogue(name)
            if !isOwn { found.append(name) }
        }
        func add(_ folder: String, _ isOwn: (String) -> Bool) throws(StoreError) {
            for name in try Folder.entries("\(path)/\(folder)") where name != ".gitkeep" && !isOwn(name) {
                found.append("\(folder)/\(name)")
            }
        }
        try add("tmp", TemporaryName.isOwn)
        try add("locks", Self.isLock)
        try add("checkpoints") { Digest(hex: $0) != nil }
        try add("materialized", Self.isMaterialized)
        try add("quarantine", Self.isSetAside)
        try add("pins", isPinFile)
        return found
    }

    /// `gc`, `secret`, `KEY`, `HOST-core-0`.
    private static func isLock(_ name: String) -> Bool {
        ["gc", "catalogue", "materialized", "secret"].contains(name) || Digest(hex: name) != nil
            || name.wholeMatch(of: /.+-(core|memory)-\d+/) != nil
    }

    /// `KEY`, or `KEY.sha256`.
    static func isMaterialized(_ name: String) -> Bool {
        Digest(hex: name.hasSuffix(".sha256") ? String(name.dropLast(7)) : name) != nil
    }

    /// `catalogue.sqlite`, `catalogue-version-7.sqlite`, and the files that SQLite keeps beside them.
    private static func isCatalogue(_ name: String) -> Bool {
        name.wholeMatch(of: /catalogue(-version-\d+(-\d+)?)?\.sqlite(-wal|-shm|-journal)?/) != nil
    }

    /// Whether a file in `quarantine/` has a name that calm gives what it sets aside.
    static func isSetAside(_ name: String) -> Bool {
        let digest = /((report|refused|collected|import)-)?[0-9a-f]{64}(\.json)?/
        let record = /superseded-[0-9a-f]{64}-[0-9a-f]{12}\.json/
        let other = /run-\d{8}T\d{6}Z-[0-9a-f]{8}\.json|catalogue-[0-9A-F]{8}\.sqlite(-wal|-shm|-journal)?/
        return name.wholeMatch(of: digest) != nil || name.wholeMatch(of: record) != nil
            || name.wholeMatch(of: other) != nil
    }
}
