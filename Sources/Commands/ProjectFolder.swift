import Foundation
import Glibc

/// The folder to which pipelines and their default store belong, found from anywhere below it.
///
/// It is the nearest folder, from the working folder upwards, that has a store `artifacts` or a folder `pipelines`. The search
/// ends at the top folder of a git checkout. It doesn't enter the home folder, the root or a folder such as `/tmp` that
/// everybody may write to, unless it starts there.
enum ProjectFolder {
    static let pipelines = "pipelines"
    static let store = "artifacts"

    /// The nearest with a store or pipelines.
    static func containing(_ start: String) -> String? {
        upward(from: start) { hasStore($0) || isFolder("\($0)/\(pipelines)") }
    }

    /// The nearest with a store.
    static func withStore(from start: String) -> String? { upward(from: start, hasStore) }

    /// The nearest with pipelines.
    static func withPipelines(from start: String) -> String? { upward(from: start) { isFolder("\($0)/\(pipelines)") } }

    /// The top folder of the git checkout around a folder.
    static func gitTop(of start: String) -> String? { upward(from: start) { exists("\($0)/.git") } }

    private static func hasStore(_ folder: String) -> Bool {
        var status = stat()
        return stat("\(folder)/\(store)/format", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private static func upward(from start: String, _ isWanted: (String) -> Bool) -> String? {
        var folder = start
        while true {
            let isTop = exists("\(folder)/.git")
            if folder == start || isTop || !isShared(folder), isWanted(folder) { return folder }
            if isTop || isShared(folder) { return nil }
            folder = parent(of: folder)
        }
    }

    /// Whether a folder holds more than one project's things.
    private static func isShared(_ folder: String) -> Bool {
        if folder == "/" || folder == getenv("HOME").map({ String(cString: $0) }) { return true }
        var status = stat()
        guard stat(folder, &status) == 0 else { return true }
        return status.st_mode & S_ISVTX != 0 && status.st_mode & S_IWOTH != 0
    }

    private static func parent(of folder: String) -> String {
        guard let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else { return "/" }
        return String(folder[..<slash])
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The working folder, as an absolute path without links.
    static var current: String { FileManager.default.currentDirectoryPath }

    /// A path below `folder` as it is written in the working folder: `pipelines/p.yaml`, `../pipelines/p.yaml`.
    static func written(_ name: String, in folder: String) -> String {
        let here = current
        if here == folder { return name }
        guard folder == "/" || here.hasPrefix(folder + "/") else { return "\(folder)/\(name)" }
        let depth = here.dropFirst(folder.count).split(separator: "/").count
        return String(repeating: "../", count: depth) + name
    }
}
