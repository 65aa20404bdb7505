import Foundation
import Glibc

/// `superseded/ab/cdef…-RESULT.json`: records whose key was executed again with another result.
///
/// They are the past of runs, and never a cached result: who looks a key up doesn't read them.
extension Store {
    /// Keeps the record that a key has, before one with another result takes its place. The first of equal results stays, since
    /// runs have its times.
    func supersede(by record: ExecutionRecord) throws {
        guard let earlier = try execution(record.key), earlier.result != record.result,
            try superseded(earlier.keyedResult) == nil
        else { return }
        try write(earlier.json.canonicalBytes, to: supersededPath(earlier.keyedResult), mode: 0o644)
    }

    /// The superseded record of a result, or nil; one that can't be used counts as absent, as with `execution`.
    package func superseded(_ result: KeyedResult) throws -> ExecutionRecord? {
        try ifUsable { try readSuperseded(result) }
    }

    /// - Throws: As `readExecution`; also `.damaged` for a record that has another result than its name says.
    package func readSuperseded(_ name: KeyedResult) throws -> ExecutionRecord {
        let record = try readExecution(name.key, at: supersededPath(name))
        guard record.result == name.result else {
            throw StoreError(
                .damaged,
                "execution record \(supersededPath(name)) is damaged: its result is \(record.result), not \(name.result)"
            )
        }
        return record
    }

    /// Whether there is a record of this result, superseded or not.
    package func has(_ result: KeyedResult) throws -> Bool {
        if hasSuperseded(result) { return true }
        return try outcome(of: result.key)?.result == result.result
    }

    /// Whether there is a superseded record of this result: one look.
    package func hasSuperseded(_ result: KeyedResult) -> Bool { access(supersededPath(result), F_OK) == 0 }

    /// What there are superseded records of, sorted.
    package func supersededResults() throws -> [KeyedResult] { try scanSuperseded().results }

    /// Also the paths (below the root) of entries with other names.
    func scanSuperseded() throws(StoreError) -> (results: [KeyedResult], strangers: [String]) {
        var results: [KeyedResult] = []
        var strangers: [String] = []
        for shard in try Folder.entries("\(path)/superseded") {
            guard shard.utf8.count == 2, try Folder.isSubfolder("\(path)/superseded/\(shard)") else {
                strangers.append("superseded/\(shard)")
                continue
            }
            for name in try Folder.entries("\(path)/superseded/\(shard)") {
                let parts = name.split(separator: "-", omittingEmptySubsequences: false)
                if parts.count == 2, let key = Digest(hex: shard + parts[0]), parts[1].hasSuffix(".json"),
                    let result = ResultDigest(hex: parts[1].dropLast(".json".count))
                {
                    results.append(KeyedResult(key: key, result: result))
                } else {
                    strangers.append("superseded/\(shard)/\(name)")
                }
            }
        }
        return (results.sorted(), strangers)
    }

    /// Removes a superseded record; its objects may become orphans. No error if there is none.
    package func remove(superseded result: KeyedResult) throws { try remove(supersededPath(result)) }

    func supersededPath(_ result: KeyedResult) -> String {
        sharded("/superseded/", result.key, "-\(result.result).json")
    }

    /// The same below the store's root.
    package func supersededName(_ result: KeyedResult) -> String {
        String(supersededPath(result).dropFirst(path.count + 1))
    }
}
