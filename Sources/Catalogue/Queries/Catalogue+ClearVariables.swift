import Artifacts
import GRDB

extension Catalogue {
    /// The values of environment variables that earlier versions wrote in clear into key documents, by the variable's name.
    package func clearVariables() throws -> [String: Set<String>] {
        try read { db in
            // Nearly all documents are passed over without being parsed.
            let given = "instr(document, '\"environment\":{\"') > 0"
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT document FROM executions WHERE \(given)
                    UNION ALL SELECT document FROM superseded_executions WHERE \(given)
                    """)
            var found: [String: Set<String>] = [:]
            while let row = try rows.next() {
                for (name, value) in ExecutionRecord.clearVariables(in: try row.json("document")) {
                    found[name, default: []].insert(value)
                }
            }
            return found
        }
    }
}
