import Artifacts
import Foundation
import Glibc

/// Where a pipeline was run from: tells checkouts of one pipeline that share a store apart.
package struct Checkout: Hashable, Sendable {
    /// The folder of the pipeline's file, or the one above if that is called `pipelines`, without links.
    ///
    /// Relative to the store (`..`) where the store lies in it: both move together. Else absolute.
    package let folder: String
    /// The machine that has an absolute folder.
    package let host: String?

    package init(folder: String, host: String?) {
        self.folder = folder
        self.host = host
    }

    /// The checkout of a pipeline's file, as a store names it; nil if the file's folder isn't there.
    package init?(ofPipeline file: String, in store: Store, on machine: Machine = .current) {
        let parent = URL(fileURLWithPath: file).deletingLastPathComponent().path
        guard var folder = Self.real(parent), let root = Self.real(store.root.path) else { return nil }
        if folder.hasSuffix("/pipelines"), folder.utf8.count > "/pipelines".utf8.count {
            folder.removeLast("/pipelines".count)
        }
        if root.hasPrefix(folder == "/" ? "/" : folder + "/") {
            let depth = root.dropFirst(folder.count).split(separator: "/").count
            self.init(folder: Array(repeating: "..", count: depth).joined(separator: "/"), host: nil)
        } else {
            self.init(folder: folder, host: machine.name)
        }
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The machine that runs have been on.
    package struct Machine: Hashable, Sendable {
        /// Its host name; one name for all machines of a CI server, which are new for each job.
        package let name: String
        /// Whether a folder that isn't there may be on another machine of this name.
        package let isOneOfMany: Bool

        package init(name: String, isOneOfMany: Bool = false) {
            self.name = name
            self.isOneOfMany = isOneOfMany
        }

        package static var current: Machine {
            let variables: [String] = ["CI", "TF_BUILD", "JENKINS_URL"]
            if variables.contains(where: { name in getenv(name).map { $0.pointee != 0 } ?? false }) {
                return Machine(name: "ci", isOneOfMany: true)
            }
            var bytes = [CChar](repeating: 0, count: 256)
            guard gethostname(&bytes, bytes.count - 1) == 0 else { return Machine(name: "") }
            return Machine(name: String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
    }

    /// Whether a checkout is still there.
    package enum Presence: Hashable, Sendable {
        case present
        case gone
        /// It is on another machine, or on a disk that isn't there just now.
        case unknown
    }

    package func presence(for machine: Machine) -> Presence {
        guard let host else { return .present }
        guard host == machine.name else { return .unknown }
        var status = stat()
        if stat(folder, &status) == 0 {
            if status.st_mode & S_IFMT == S_IFDIR { return .present }
        } else if errno != ENOENT || !Self.hasEntries(URL(fileURLWithPath: folder).deletingLastPathComponent().path) {
            return .unknown
        }
        return machine.isOneOfMany ? .unknown : .gone
    }

    /// A checkout that has used a store.
    package struct Use: Sendable {
        package let checkout: Checkout
        /// Of its latest run, in seconds since 1970.
        package let time: Double
    }

    /// Whether there is anything in a folder: a missing or an empty one may be where a disk is mounted at other times.
    private static func hasEntries(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) { return true }
        }
        return false
    }

    /// The folder as a person names it.
    package func description(in store: Store) -> String {
        if host == nil { return store.root.appendingPathComponent(folder, isDirectory: true).standardizedFileURL.path }
        return folder
    }
}
