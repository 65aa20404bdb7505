import Artifacts
import GRDB

extension Catalogue {
    /// The manifests of an execution's outputs; nil unless this very one is indexed and the rows of its artifacts are sound.
    package func manifests(of outcome: ExecutionOutcome) throws -> [Digest: Manifest]? {
        let key: StatementArguments = [outcome.key.hex]
        return try read { db in
            let started = try db.cachedStatement(sql: "SELECT started_at FROM executions WHERE key = ?")
            guard try Double.fetchOne(started, arguments: key) == outcome.startedAt else { return nil }
            let manifests = try Self.manifests("(SELECT artifact FROM execution_outputs WHERE key = ?)", key, db)
            return outcome.outputs.values.allSatisfy { manifests[$0] != nil } ? manifests : nil
        }
    }

    private static let keys = "SELECT key FROM run_stages WHERE key IS NOT NULL AND run = ?"

    /// When the execution of each stage of a run started, by its key.
    package func startTimes(of run: RunRow) throws -> [Digest: Double] {
        try read { db in
            var started: [Digest: Double] = [:]
            try db.each("SELECT key, started_at FROM executions WHERE key IN (\(Self.keys))", [run.id]) { row in
                started[try row.digest("key")] = try row.value("started_at")
            }
            return started
        }
    }

    /// The manifests of what the stages of a run gave; two statements, however many stages.
    package func manifests(of run: RunRow) throws -> [Digest: Manifest] {
        let artifacts = "(SELECT artifact FROM execution_outputs WHERE key IN (\(Self.keys)))"
        return try read { db in try Self.manifests(artifacts, [run.id], db) }
    }

    /// The manifests of the artifacts that `list`, an SQL list or query, names; only those whose rows hash to their name.
    static func manifests(
        _ list: String, _ arguments: StatementArguments = [], _ db: Database
    ) throws -> [Digest: Manifest] {
        var found: [Digest: Manifest] = [:]
        try db.each("SELECT digest, type, metadata FROM artifacts WHERE digest IN \(list)", arguments) { row in
            guard case .object(let metadata) = try row.json("metadata") else { return }
            let type = ArtifactType(rawValue: try row.value("type"))
            found[try row.digest("digest")] = Manifest(type: type, metadata: metadata)
        }
        try db.each("SELECT * FROM artifact_members WHERE artifact IN \(list)", arguments) { row in
            let member = Manifest.Member(
                digest: try row.digest("digest"), size: try row.value("size"),
                kind: Manifest.Member.Kind(columnValue: try row.value("kind")))
            try found[row.digest("artifact")]?.members[row.value("name")] = member
        }
        return found.filter { $0.value.digest == $0.key }
    }
}

extension Database {
    /// Runs a query that is kept prepared, row by row.
    func each(_ sql: String, _ arguments: StatementArguments, _ body: (Row) throws -> Void) throws {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        while let row = try rows.next() { try body(row) }
    }
}

extension Manifest.Member.Kind {
    private static let link = "link "

    /// As the column `kind` has it: nil for a plain file, `executable`, `folder`, or `link` and the target.
    var columnValue: String? {
        switch self {
        case .file: nil
        case .executable: "executable"
        case .folder: "folder"
        case .link(let target): Self.link + target
        }
    }

    /// What was altered is a plain file, and the manifest has another digest.
    fileprivate init(columnValue: String?) {
        switch columnValue {
        case "executable": self = .executable
        case "folder": self = .folder
        case let text? where text.hasPrefix(Self.link): self = .link(target: String(text.dropFirst(Self.link.count)))
        default: self = .file
        }
    }
}
