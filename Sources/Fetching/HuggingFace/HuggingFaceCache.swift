import Foundation

/// The cache that the `huggingface_hub` library keeps: `models--ORGANISATION--NAME/snapshots/COMMIT/FILE`.
///
/// It is read only. What it holds is believed as little as a server: digests are checked.
package struct HuggingFaceCache: Sendable {
    private let folder: URL

    package init(_ folder: URL) { self.folder = folder }

    /// The folder of a repository's files at its revision; nil if the cache hasn't got one.
    package func snapshot(of repository: HuggingFaceRepository) -> URL? {
        let own = folder.appendingPathComponent(repository.cacheName)
        var commit = repository.revision
        if !repository.isCommit {
            let reference = own.appendingPathComponent("refs/\(repository.revision)")
            guard let text = try? String(contentsOf: reference, encoding: .utf8) else { return nil }
            commit = text.trimmed
        }
        guard HuggingFaceRepository.isCommit(commit) else { return nil }
        let snapshot = own.appendingPathComponent("snapshots/\(commit)", isDirectory: true)
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: snapshot.path, isDirectory: &isFolder) && isFolder.boolValue
            ? snapshot : nil
    }

    /// A file of a repository, if the cache holds it.
    package func file(_ path: String, of repository: HuggingFaceRepository) -> URL? {
        guard let file = snapshot(of: repository)?.appendingPathComponent(path) else { return nil }
        var status = stat()
        return stat(file.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? file : nil
    }

    /// The paths of a repository's files that the cache holds, sorted.
    package func files(of repository: HuggingFaceRepository) -> [String] {
        guard let snapshot = snapshot(of: repository),
            let found = FileManager.default.enumerator(atPath: snapshot.path)
        else { return [] }
        return found.compactMap { $0 as? String }.filter { file($0, of: repository) != nil }.sorted()
    }
}
