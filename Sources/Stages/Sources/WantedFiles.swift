import Artifacts
import Fetching
import Pipelines

/// Which files of a repository a stage wants, and the digests that they must have.
struct WantedFiles {
    enum Digests {
        /// Of each file, by path.
        case each([String: ExpectedDigest])
        /// Of the list of all.
        case list(ExpectedDigest)
    }

    let patterns: RepositoryFiles
    let digests: Digests

    /// - Throws: `PlanningError`
    init(_ parameters: HuggingFaceSource.Parameters) throws {
        patterns = try RepositoryFiles(parameters.patterns)
        switch parameters.sha256 {
        case .object(let members):
            var each: [String: ExpectedDigest] = [:]
            for (path, value) in members.sorted(by: { $0.key < $1.key }) {
                if let fault = Manifest.fault(ofMemberName: path) {
                    throw PlanningError(parameter: "sha256", "the path '\(path)' \(fault)")
                }
                each[path] = try ExpectedDigest(value.text ?? "", parameter: "sha256")
            }
            guard !each.isEmpty else { throw PlanningError(parameter: "sha256", "it lists no file") }
            if !parameters.patterns.isEmpty {
                let (matches, unmatched) = patterns.select(Array(each.keys))
                if let pattern = unmatched.first {
                    throw PlanningError(parameter: "sha256", "no digest for '\(pattern)' of 'files'")
                }
                if let path = Set(each.keys).subtracting(matches).min() {
                    throw PlanningError(parameter: "sha256", "a digest for '\(path)', which isn't among 'files'")
                }
            }
            if parameters.output == .file, each.count != 1 {
                throw PlanningError(parameter: "output", "'file' needs exactly one file, found \(each.count)")
            }
            digests = .each(each)
        case .string(let text):
            guard !parameters.patterns.isEmpty else {
                throw PlanningError(
                    parameter: "files", "found none: with one 'sha256' for all files, name them here; \"**\" means all")
            }
            digests = .list(try ExpectedDigest(text, parameter: "sha256"))
        default: throw PlanningError(parameter: "sha256", "expected digests by path, or one of the list of all files")
        }
    }

    /// Checks what has arrived.
    ///
    /// - Throws: `FetchFailure` with the digests that were found.
    func check(_ found: [(path: String, digest: Digest)]) throws {
        switch digests {
        case .each(let each):
            // Known ones were checked as they arrived.
            if each.values.contains(.unknown) { throw Self.report("a sha256 is 'unknown'", found) }
        case .list(let expected):
            let list = RepositoryFiles.digest(of: found)
            guard let digest = expected.digest else { throw Self.report("sha256 is 'unknown'", found) }
            guard list == digest else {
                throw Self.report("the list of the files has the SHA-256 \(list), expected \(digest)", found)
            }
        }
    }

    private static func report(_ problem: String, _ found: [(path: String, digest: Digest)]) -> FetchFailure {
        let shown = found.sorted { $0.path < $1.path }.prefix(50).map {
            "  \(JSONValue.string($0.path).canonical): \($0.digest)"
        }
        let more = found.count > 50 ? ["  # and \(found.count - 50) more"] : []
        let list = RepositoryFiles.digest(of: found)
        return FetchFailure(
            .mismatch,
            "\(problem); nothing was kept. If these are the right files, write sha256: \(list), or of each:\nsha256:\n"
                + (shown + more).joined(separator: "\n"))
    }
}
