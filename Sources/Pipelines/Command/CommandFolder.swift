import Artifacts
import Foundation

/// The clean folder that a command works in, below the store's `tmp/`.
struct CommandFolder {
    let url: URL

    init(in store: Store) throws {
        url = store.temporaryURL()
        try make(url)
    }

    func remove() {
        // What can't be removed stays behind; the next run sweeps it.
        try? FileManager.default.removeItem(at: url)
    }

    /// Writes each input below `in/` and returns what `{in.ROLE}` stands for: the file, if a role is one artifact of
    /// one member, else the folder.
    func place(inputsOf context: StageContext) throws -> [String: String] {
        var paths: [String: String] = [:]
        for role in context.inputRoles {
            let artifacts = try context.inputs(role)
            for (position, artifact) in artifacts.enumerated() {
                let folder = artifacts.count == 1 ? "in/\(role)" : "in/\(role)/\(position)"
                for member in artifact.manifest.members.keys.sorted() {
                    try makeParents(of: ["\(folder)/\(member)"])
                    try artifact.copy(member, to: url.appendingPathComponent("\(folder)/\(member)"))
                }
            }
            paths[role] = "in/\(role)"
            if artifacts.count == 1, let members = artifacts.first?.manifest.members, members.count == 1 {
                paths[role] = "in/\(role)/\(members.keys.joined())"
            }
        }
        return paths
    }

    func makeParents(of paths: [String]) throws {
        for path in paths {
            try make(url.appendingPathComponent(path).deletingLastPathComponent())
        }
    }

    /// An output that the program was to write.
    ///
    /// - Throws: `StageFailure` if there is no file, or something else in its place.
    func output(role: String, path: String) throws -> URL {
        let file = url.appendingPathComponent(path)
        var status = stat()
        guard lstat(file.path, &status) == 0 else {
            throw StageFailure(
                .failed,
                "the command ended well, but didn't write its output '\(role)': no file \(path) in its working folder")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StageFailure(
                .failed, "the output '\(role)' at \(path) isn't an ordinary file; pack folders with tar, resolve links")
        }
        return file
    }

    /// The numbers of a flat JSON object.
    func metrics(path: String) throws -> [String: Double] {
        let bytes = try contents(of: output(role: "metrics", path: path))
        do {
            guard case .object(let members) = try JSONValue(parsing: bytes) else {
                throw StageFailure(.failed, "it isn't an object")
            }
            return try members.sorted(by: { $0.key < $1.key }).reduce(into: [:]) { metrics, member in
                guard let number = MessageFields.number(member.value) else {
                    throw StageFailure(.failed, "'\(member.key)' is \(member.value.canonical), not a number")
                }
                metrics[member.key] = number
            }
        } catch {
            let reason = StageFailure(describing: error).message
            throw StageFailure(.failed, "the metrics in \(path) should be a flat JSON object of numbers: \(reason)")
        }
    }

    private func make(_ folder: URL) throws {
        try storing("create the folder", folder) {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    private func contents(of file: URL) throws -> Data {
        try storing("read", file) { try Data(contentsOf: file) }
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
