import Artifacts
import Foundation

/// The clean folder that a command works in, below the store's `tmp/`.
///
/// A role that was given one input has it as `in/ROLE/MEMBER`. One that was given a list or a matrix has each as
/// `in/ROLE/N/MEMBER`, however many there are, with numbers of equal length, so that a shell's `*` keeps their order; and
/// `in/ROLE.json` lists their paths and what they are called.
struct CommandFolder {
    let url: URL

    init(in store: Store) throws {
        url = store.temporaryURL()
        try make(url)
    }

    func remove() {
        // What can't be removed stays behind; the next run tries again.
        _ = TreeRemoval.remove(url.path)
    }

    /// Writes each input below `in/` and returns what `{in.ROLE}` stands for: the file, if a role is one artifact of
    /// one member, else the folder.
    func place(inputsOf context: StageContext) throws -> [String: String] {
        var paths: [String: String] = [:]
        for role in context.inputRoles {
            let artifacts = try context.inputs(role)
            let folder = "in/\(role)"
            if !context.lists.contains(role), let artifact = artifacts.first, artifacts.count == 1 {
                paths[role] = try place(artifact, in: folder)
                continue
            }
            paths[role] = folder
            try make(url.appendingPathComponent(folder))
            let width = String(max(artifacts.count - 1, 0)).count
            var list: [JSONValue] = []
            for (position, artifact) in artifacts.enumerated() {
                let number = String(position)
                let name = String(repeating: "0", count: width - number.count) + number
                let path = try place(artifact, in: "\(folder)/\(name)")
                let listing = context.inputs[role]?[position].listing.members ?? [:]
                list.append(.object(listing.merging(["path": .string(path)]) { own, _ in own }))
            }
            if context.lists.contains(role) { try write(.array(list), to: "\(folder).json") }
        }
        return paths
    }

    /// The path of the artifact's only file, or of its folder.
    private func place(_ artifact: Artifact, in folder: String) throws -> String {
        let manifest = artifact.manifest
        try artifact.store.restore(manifest, to: url.appendingPathComponent(folder))
        if manifest.type != .folder, manifest.members.count == 1, let name = manifest.members.keys.first {
            return "\(folder)/\(name)"
        }
        return folder
    }

    private func write(_ list: JSONValue, to path: String) throws {
        let file = url.appendingPathComponent(path)
        try storing("write", file) { try Data((list.canonical + "\n").utf8).write(to: file) }
    }

    func makeParents(of paths: [String]) throws {
        for path in paths {
            try make(url.appendingPathComponent(path).deletingLastPathComponent())
        }
    }

    /// Whether an output's path stands for a folder.
    static func isFolder(_ path: String) -> Bool { path.utf8.last == UInt8(ascii: "/") }

    /// An output's path as programs take it, without the slash that says that it is a folder.
    static func path(ofOutput path: String) -> String {
        var path = Substring(path)
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return String(path)
    }

    /// Stores an output that the program was to write.
    ///
    /// - Parameter nameMask: What no path in a folder may hold: paths are kept and shown in clear.
    /// - Throws: `StageFailure` if it isn't there, or something else in its place, or a folder holds what no artifact can.
    func take(
        output role: String, path: String, as form: OutputForm?, into context: StageContext, _ nameMask: SecretMask
    ) throws {
        if Self.isFolder(path) {
            return try take(folder: role, path: Self.path(ofOutput: path), as: form, into: context, nameMask)
        }
        let file = try output(role: role, path: path)
        try check(file.path, isFolder: false, role: role, path, form)
        try context.write(role, files: [(file.lastPathComponent, file)])
    }

    private func take(
        folder role: String, path: String, as form: OutputForm?, into context: StageContext, _ nameMask: SecretMask
    ) throws {
        let folder = url.appendingPathComponent(path).path
        var status = stat()
        guard lstat(folder, &status) == 0 else {
            throw StageFailure(
                .failed,
                "the command ended well, but didn't make its output '\(role)': no folder \(path)/ in its working folder\(leading(to: path))"
            )
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let found = status.st_mode & S_IFMT == S_IFLNK ? "a link" : FileSignature.kindName(status.st_mode)
            let advice = status.st_mode & S_IFMT == S_IFREG ? "; without the slash, the output is a file" : ""
            throw StageFailure(.failed, "the output '\(role)' at \(path)/ is \(found), expected a folder\(advice)")
        }
        let entries: [FolderListing.Entry]
        do throws(FolderListing.Fault) {
            entries = try FolderListing(of: folder).entries
        } catch {
            throw StageFailure(.failed, "the output '\(role)' at \(path)/ can't be kept: \(error.message)")
        }
        if let entry = entries.first(where: { Self.names(of: $0).contains(where: nameMask.finds) }) {
            throw StageFailure(
                .failed,
                "the output '\(role)' at \(path)/ can't be kept: the path or target of \(nameMask.masking(entry.name)) holds "
                    + "the value of an environment variable, and paths are kept in clear; use another name")
        }
        try check(folder, isFolder: true, role: role, path + "/", form)
        try context.write(role) { store in
            try entries.map { entry in
                let member =
                    switch entry.kind {
                    case .file, .executable: try store.put(file: URL(fileURLWithPath: "\(folder)/\(entry.name)"))
                    case .link(let target): try store.put(Data(target.utf8))
                    case .folder: try store.put(Data())
                    }
                return (entry.name, member.with(kind: entry.kind))
            }
        }
    }

    private func check(_ place: String, isFolder: Bool, role: String, _ path: String, _ form: OutputForm?) throws {
        guard let form else { return }
        do {
            try form.check(place, isFolder)
        } catch {
            let message = StageFailure(describing: error).message.replacing(url.path + "/", with: "")
            throw StageFailure(.failed, "the output '\(role)' at \(path) isn't \(form.summary): \(message)")
        }
    }

    /// A member's path and, of a link, what it leads to.
    private static func names(of entry: FolderListing.Entry) -> [String] {
        if case .link(let target) = entry.kind { [entry.name, target] } else { [entry.name] }
    }

    /// An output file that the program was to write.
    ///
    /// - Throws: `StageFailure` if there is no file, or something else in its place.
    func output(role: String, path: String) throws -> URL {
        let file = url.appendingPathComponent(path)
        var status = stat()
        guard lstat(file.path, &status) == 0 else {
            throw StageFailure(
                .failed,
                "the command ended well, but didn't write its output '\(role)': no file \(path) in its working folder\(leading(to: path))"
            )
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StageFailure(
                .failed,
                "the output '\(role)' at \(path) isn't an ordinary file; for a folder, write its path with a slash at the end; resolve links"
            )
        }
        // It is the stage's own, and root could read it as it is.
        if access(file.path, R_OK) != 0 { chmod(file.path, status.st_mode & 0o7777 | S_IRUSR) }
        guard access(file.path, R_OK) == 0 else {
            throw StageFailure(
                .failed,
                "the output '\(role)' at \(path) can't be read: \(String(cString: strerror(errno))); let the command leave it readable"
            )
        }
        return file
    }

    /// For an output that isn't there: that a folder on the way to it is a link.
    private func leading(to path: String) -> String {
        var place = ""
        for part in path.split(separator: "/").dropLast() {
            place += place.isEmpty ? "\(part)" : "/\(part)"
            var status = stat()
            guard lstat(url.appendingPathComponent(place).path, &status) == 0 else { break }
            if status.st_mode & S_IFMT == S_IFLNK { return "; the path leads through a link, \(place)" }
        }
        return ""
    }

    private func make(_ folder: URL) throws {
        try storing("create the folder", folder) {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    /// The folder is the store's, and so is a failure to use it.
    private func storing<Value>(_ action: String, _ place: URL, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            let cause = (error as? CocoaError)?.underlying as? POSIXError
            let reason = cause.map { String(cString: strerror($0.code.rawValue)) } ?? error.localizedDescription
            throw StageFailure(.store, "can't \(action) \(place.path): \(reason)")
        }
    }
}
