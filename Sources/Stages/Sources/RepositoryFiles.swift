import Artifacts
import Pipelines

/// Which files of a repository are wanted: names or patterns.
struct RepositoryFiles {
    private let patterns: [(text: String, pattern: GlobPattern)]

    /// - Throws: `PlanningError` for a pattern that isn't one.
    init(_ texts: [String], parameter: String = "files") throws {
        patterns = try texts.map { text in
            do {
                let pattern = try GlobPattern(text)
                guard pattern.base.isEmpty else {
                    throw PlanningError(parameter: parameter, "the pattern '\(text)' leaves the repository")
                }
                return (text, pattern)
            } catch let fault as GlobPattern.Fault {
                throw PlanningError(parameter: parameter, "the pattern '\(text)' \(fault.message)")
            }
        }
    }

    /// The paths that match, sorted, and the patterns that none does.
    func select(_ paths: [String]) -> (matches: [String], unmatched: [String]) {
        let all = paths.map { ($0, $0.split(separator: "/").map(String.init)[...]) }
        let matches = all.filter { _, parts in patterns.contains { Self.matches(parts, $0.pattern.parts[...]) } }.map(
            \.0)
        let unmatched = patterns.filter { pattern in
            !all.contains { Self.matches($0.1, pattern.pattern.parts[...]) }
        }.map(\.text)
        return (matches.sorted(), unmatched)
    }

    private static func matches(_ path: ArraySlice<String>, _ parts: ArraySlice<GlobPattern.Part>) -> Bool {
        guard let part = parts.first else { return path.isEmpty }
        switch part {
        case .anyDepth:
            return (path.startIndex...path.endIndex).contains { matches(path[$0...], parts.dropFirst()) }
        case .name(let name):
            return path.first == name && matches(path.dropFirst(), parts.dropFirst())
        case .pattern(let tokens):
            guard let first = path.first else { return false }
            return GlobPattern.matches(first, tokens) && matches(path.dropFirst(), parts.dropFirst())
        }
    }

    /// The SHA-256 of a list of files as `sha256sum` writes it, in the order of their paths' bytes.
    static func digest(of files: [(path: String, digest: Digest)]) -> Digest {
        let lines = files.sorted { Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8)) }
            .map { "\($0.digest)  \($0.path)\n" }
        return Digest(of: Array(lines.joined().utf8))
    }
}
