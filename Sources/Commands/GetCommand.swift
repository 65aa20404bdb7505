import ArgumentParser
import Artifacts
import Foundation
import Reports

struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Write an artifact to a file or a folder.",
        discussion: """
            An artifact of one file becomes that file, every other one a folder with its members, their modes and links.
            Everything is verified, and appears at once when it is complete. What is there already stays: a file is replaced
            with --force only, and a folder must be empty. With - for the path, a file is written to standard output.

            EXAMPLES
              calm get scores.table
              calm get site.pages public
            """)

    @Argument(help: ArgumentHelp(ArtifactReference.help), completion: .custom(Completion.references))
    var reference: String

    @Argument(
        help: """
            Where to write it, or - for standard output; a file goes into a folder that exists. By default the file's own \
            name, or the output's, in this folder.
            """)
    var path: String?

    @Flag(help: "Replace a file that exists.")
    var force = false

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = try store.open()
        let artifact = try ArtifactReference(reference, in: store)
        if path == "-" {
            guard let file = artifact.onlyFile else {
                throw CommandFailure.notFound(
                    "'\(reference)' isn't a single file: name a place for its folder, or write one of its files with `calm cat`"
                )
            }
            return try output(file.member, of: store)
        }
        if let file = artifact.onlyFile {
            let place = try place(ofFile: file.name)
            try write(place) { temporary in
                let mode: mode_t = file.member.kind == .executable ? 0o755 : 0o644
                try store.copy(file.member.digest, to: temporary, expecting: file.member.size, mode: mode)
            } publish: {
                try publish(file: $0, at: place)
            }
            try output("wrote \(place.relativePath): \(formatted(bytes: file.member.size))")
            return
        }
        let (place, name) = try folder(named: artifact.name)
        try write(place) { temporary in
            try store.restore(artifact.manifest, to: temporary)
        } publish: { temporary in
            // Replaces an empty folder, and nothing else.
            guard rename(temporary.path, place.path) == 0 else { throw StoreError(errno: errno, "create", place.path) }
        }
        let members = artifact.manifest.members.values
        let bytes = members.reduce(0) { $0 + $1.size }
        try output("wrote \(name)/: \(counted(members.count, "member")), \(formatted(bytes: bytes))")
    }

    /// Makes the artifact under a temporary name in the folder of its place, then gives it the place.
    private func write(_ place: URL, make: (URL) throws -> Void, publish: (URL) throws -> Void) throws {
        let parent = place.deletingLastPathComponent()
        var status = stat()
        guard stat(parent.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure.notFound("no folder \(parent.path) to write \(place.lastPathComponent) to")
        }
        let temporary = parent.appendingPathComponent(".calm-get-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        do {
            try make(temporary)
            try publish(temporary)
        } catch {
            _ = TreeRemoval.remove(temporary.path)
            throw error
        }
    }

    private func place(ofFile name: String) throws -> URL {
        // A member of an artifact that isn't a folder may have a path for a name, too.
        let name = name.split(separator: "/").last.map(String.init) ?? name
        guard let path else { return try free(URL(fileURLWithPath: name, isDirectory: false)) }
        var status = stat()
        let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            return try free(
                URL(fileURLWithPath: path, isDirectory: true).appendingPathComponent(name, isDirectory: false))
        }
        guard !path.hasSuffix("/"), !path.isEmpty else {
            throw CommandFailure.notFound("no folder \(path) to write \(name) to")
        }
        return try free(URL(fileURLWithPath: path, isDirectory: false))
    }

    /// A file's place, unless something is there that must stay.
    private func free(_ place: URL) throws -> URL {
        var status = stat()
        guard lstat(place.path, &status) == 0 else { return place }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw CommandFailure.notFound("\(place.relativePath) is a folder; name another place")
        }
        guard force else {
            throw CommandFailure.notFound(
                "\(place.relativePath) exists; replace it with --force, or name another place")
        }
        guard [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) else {
            throw CommandFailure.notFound("\(place.relativePath) isn't a file, and isn't replaced; name another place")
        }
        return place
    }

    private func publish(file: URL, at place: URL) throws {
        if !force {
            // Unlike a rename, a link never takes the place of what came there meanwhile.
            if link(file.path, place.path) == 0 {
                unlink(file.path)
                return
            }
            guard errno != EEXIST else {
                throw CommandFailure.notFound(
                    "\(place.relativePath) exists; replace it with --force, or name another place")
            }
            // Some file systems have no links.
        }
        guard rename(file.path, place.path) == 0 else { throw StoreError(errno: errno, "create", place.path) }
    }

    /// The place of a new folder or of an empty one, links followed, and what the caller calls it.
    private func folder(named name: String) throws -> (URL, String) {
        guard path != "" else { throw CommandFailure.notFound("the path to write to is empty") }
        let place = URL(fileURLWithPath: path ?? name, isDirectory: false)
        guard path != nil || (Manifest.fault(ofMemberName: name) == nil && !name.contains("/")) else {
            throw CommandFailure.notFound("'\(name)' can't be the name of a folder; name one")
        }
        var status = stat()
        guard lstat(place.path, &status) == 0 else { return (place, place.relativePath) }
        guard stat(place.path, &status) == 0 else {
            throw CommandFailure.notFound("\(place.relativePath) is a link that leads nowhere; name another place")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure.notFound(
                "\(place.relativePath) exists and isn't a folder; '\(reference)' has several members and becomes one: "
                    + "name another place")
        }
        let entries = try? FileManager.default.contentsOfDirectory(atPath: place.path)
        guard entries?.isEmpty == true else {
            throw CommandFailure.notFound("the folder \(place.relativePath) isn't empty; name an empty or a new one")
        }
        return (place.resolvingSymlinksInPath(), place.relativePath)
    }
}
