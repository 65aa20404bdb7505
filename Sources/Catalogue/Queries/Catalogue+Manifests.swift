import Artifacts
import GRDB

extension Catalogue {
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
            let member = Manifest.Member(digest: try row.digest("digest"), size: try row.value("size"))
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
