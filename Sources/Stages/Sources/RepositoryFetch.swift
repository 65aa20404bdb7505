import Artifacts
import Fetching
import Foundation
import Pipelines

/// Brings the files of a repository together: from the store, from the hub's local cache, or from the hub.
struct RepositoryFetch {
    private let repository: HuggingFaceRepository
    private let work: SourceWork
    private let folder: URL
    private let settings: HuggingFaceSettings
    private let cache: HuggingFaceCache?
    private let client: HTTPClient

    init(_ parameters: HuggingFaceSource.Parameters, _ work: SourceWork, _ folder: URL) throws {
        repository = try HuggingFaceRepository(
            parameters.repository, revision: parameters.revision, kind: parameters.kind)
        self.work = work
        self.folder = folder
        settings = HuggingFaceSettings(environment: work.environment)
        cache = settings.cache.map(HuggingFaceCache.init)
        client = HTTPClient(work.settings)
    }

    /// All files that are wanted, in the order of their paths.
    ///
    /// - Throws: `FetchFailure`
    func contents(of wanted: WantedFiles) throws -> [(name: String, content: SourceWork.Content)] {
        switch wanted.digests {
        case .each(let each):
            return try each.sorted { $0.key < $1.key }.enumerated().map { number, file in
                (file.key, try content(file.key, number, expecting: file.value.digest))
            }
        case .list(let expected):
            if let cached = try cached(wanted.patterns, expecting: expected.digest) { return cached }
            let listed = try hub().files(of: repository)
            let (paths, unmatched) = wanted.patterns.select(listed.map(\.path))
            if let pattern = unmatched.first {
                throw FetchFailure(
                    .notFound,
                    "\(repository.name) at \(repository.revision) has no file '\(pattern)'; it has: "
                        + listed.prefix(10).map(\.path).joined(separator: ", ")
                        + (listed.count > 10 ? " and \(listed.count - 10) more" : ""))
            }
            let digests = Dictionary(listed.map { ($0.path, $0.digest) }) { first, _ in first }
            return try paths.enumerated().map { number, path in
                (path, try content(path, number, expecting: digests[path] ?? nil))
            }
        }
    }

    /// The files of the cache, if they are all that is wanted.
    private func cached(
        _ patterns: RepositoryFiles, expecting list: Digest?
    ) throws -> [(name: String, content: SourceWork.Content)]? {
        guard let cache, list != nil || settings.isOffline else { return nil }
        let (paths, unmatched) = patterns.select(cache.files(of: repository))
        guard unmatched.isEmpty, !paths.isEmpty else { return nil }
        var found: [(path: String, digest: Digest)] = []
        var contents: [(name: String, content: SourceWork.Content)] = []
        for path in paths {
            guard let file = cache.file(path, of: repository) else { return nil }
            let digest = try Digest(ofFile: file)
            found.append((path, digest))
            contents.append((path, .file(file, digest)))
        }
        guard list == nil || RepositoryFiles.digest(of: found) == list else { return nil }
        work.context.log("\(paths.count) files are in the local cache of the hub")
        return contents
    }

    private func content(_ path: String, _ number: Int, expecting digest: Digest?) throws -> SourceWork.Content {
        if let member = work.stored(digest) { return .stored(member) }
        if let file = cache?.file(path, of: repository), let found = try? Digest(ofFile: file) {
            // Without a digest of this file only a commit says that it is the one that the hub has.
            if found == digest || digest == nil && (repository.isCommit || settings.isOffline) {
                work.context.log("\(path) is in the local cache of the hub")
                return .file(file, found)
            }
            work.context.log("\(path) in the local cache of the hub is another file; it isn't used")
        }
        let address = try hub().address(of: path, in: repository)
        work.context.log("fetching \(address.display)")
        let file = folder.appendingPathComponent("\(number).part")
        var download = Download(client, retries: work.retries, observer: work.observer)
        download.maximumBytes = work.transfer.maximumBytes
        let found = try download.fetch(
            address, authorization: settings.token.map { "Bearer \($0)" }, to: file, expecting: digest, name: path)
        return .file(file, found)
    }

    /// - Throws: `FetchFailure` if nothing may be fetched.
    private func hub() throws -> HuggingFaceHub {
        guard !settings.isOffline else {
            throw FetchFailure(
                .notFound,
                "\(repository.name) at \(repository.revision) is not complete in the local cache, and "
                    + "HF_HUB_OFFLINE is set")
        }
        return HuggingFaceHub(client, settings: settings, retries: work.retries, observer: work.observer)
    }
}
