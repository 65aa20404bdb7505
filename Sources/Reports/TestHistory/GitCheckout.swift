import Foundation
import Glibc

/// The checkout that a folder is in, and what Git's files say of it; no program is started.
package struct GitCheckout: Hashable, Sendable {
    /// The top folder; the folder itself if it is in no checkout.
    package let root: String
    /// What `HEAD` is; nil in no checkout, and before the first commit.
    package let commit: String?
    /// Nil if `HEAD` is detached.
    package let branch: String?

    package init(around folder: String) {
        var top = URL(fileURLWithPath: folder).standardizedFileURL
        while true {
            if let git = Self.gitFolder(in: top) {
                let head = Self.head(git)
                (root, commit, branch) = (top.path, head.commit, head.branch)
                return
            }
            let parent = top.deletingLastPathComponent()
            guard parent.path != top.path else { break }
            top = parent
        }
        (root, commit, branch) = (URL(fileURLWithPath: folder).standardizedFileURL.path, nil, nil)
    }

    /// `.git` is a folder or, in a worktree or submodule, a file that says where it is.
    private static func gitFolder(in folder: URL) -> URL? {
        let git = folder.appendingPathComponent(".git")
        if FileManager.default.fileExists(atPath: git.appendingPathComponent("HEAD").path) { return git }
        guard let line = firstLine(of: git), line.hasPrefix("gitdir: ") else { return nil }
        let target = URL(fileURLWithPath: String(line.dropFirst("gitdir: ".count)), relativeTo: folder)
        return FileManager.default.fileExists(atPath: target.appendingPathComponent("HEAD").path) ? target : nil
    }

    private static func head(_ git: URL) -> (commit: String?, branch: String?) {
        guard let line = firstLine(of: git.appendingPathComponent("HEAD")) else { return (nil, nil) }
        guard line.hasPrefix("ref: ") else { return (isCommit(line) ? line : nil, nil) }
        let reference = String(line.dropFirst("ref: ".count))
        let branch = reference.hasPrefix("refs/heads/") ? String(reference.dropFirst("refs/heads/".count)) : nil
        // What Git writes there if it keeps references in another format.
        if branch == ".invalid" { return (nil, nil) }
        // A worktree shares the branches of the checkout that it was made from.
        var folders = [git]
        if let shared = firstLine(of: git.appendingPathComponent("commondir")) {
            folders.append(URL(fileURLWithPath: shared, relativeTo: git))
        }
        for folder in folders {
            if let commit = firstLine(of: folder.appendingPathComponent(reference)), isCommit(commit) {
                return (commit, branch)
            }
        }
        return (folders.lazy.compactMap { packed(reference, in: $0) }.first, branch)
    }

    private static func packed(_ reference: String, in folder: URL) -> String? {
        guard let text = text(of: folder.appendingPathComponent("packed-refs"), limit: 64 << 20) else { return nil }
        for line in text.split(separator: "\n") where line.hasSuffix(" " + reference) {
            let commit = String(line.prefix { $0 != " " })
            if isCommit(commit) { return commit }
        }
        return nil
    }

    /// SHA-1 or SHA-256.
    private static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64) && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func firstLine(of file: URL) -> String? {
        text(of: file, limit: 4096)?.split(whereSeparator: \.isNewline).first.map(String.init)
    }

    private static func text(of file: URL, limit: Int) -> String? {
        guard BytePath(file.path).status().map({ $0.st_mode & S_IFMT == S_IFREG }) == true,
            let handle = try? FileHandle(forReadingFrom: file)
        else { return nil }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: limit)).map { String(decoding: $0, as: UTF8.self) }
    }
}
