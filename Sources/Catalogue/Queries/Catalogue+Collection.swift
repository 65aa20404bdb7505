import Artifacts
import Foundation
import GRDB

extension Catalogue {
    /// What the history of runs says must stay: what the latest run of each pipeline in each checkout gave, its latest that ended
    /// with every stage done, and runs of a few stages after those; and what the latest `keepRuns` runs of all gave.
    package func collectionRoots(
        keepRuns: Int, on machine: Checkout.Machine = .current, at time: Double = Date().timeIntervalSince1970
    ) throws -> CollectionRoots {
        let store = store
        return try read { db in
            var roots = CollectionRoots()
            let needed = try NeededRuns(keepRuns: keepRuns, on: machine, at: time, store: store, db)
            roots.forgotten = needed.forgotten
            let keys = """
                SELECT DISTINCT key, result FROM run_stages
                WHERE run = ? AND state IN ('cached', 'executed') AND key IS NOT NULL
                """
            for run in needed.runs {
                for row in try Row.fetchAll(db.cachedStatement(sql: keys), arguments: [run]) {
                    let key = try row.digest("key")
                    roots.executions.insert(key)
                    if let result = try row.result("result") {
                        roots.results.insert(KeyedResult(key: key, result: result))
                    }
                }
            }
            roots.abandoned = try abandoned(needed.runs, db)
            let uses = """
                SELECT run_stages.key, run_stages.result, run_stages.run, run_stages.name, max(runs.started_at) AS time
                FROM run_stages JOIN runs ON runs.id = run_stages.run
                WHERE state IN ('cached', 'executed') AND key IS NOT NULL GROUP BY key, result
                """
            for row in try Row.fetchAll(db, sql: uses) {
                guard let result = try row.result("result") else { continue }
                roots.lastUse[KeyedResult(key: try row.digest("key"), result: result)] = CollectionRoots.LastUse(
                    time: row["time"], run: row["run"], stage: row["name"])
            }
            return roots
        }
    }

    /// The keys of checkpoints that stages of runs had, none of them one of `needed`.
    private func abandoned(_ needed: Set<String>, _ db: Database) throws -> Set<Digest> {
        let statement = try db.cachedStatement(sql: "SELECT DISTINCT run FROM run_stages WHERE key = ?")
        return Set(
            try store.checkpointKeys().filter { key in
                let runs = try String.fetchAll(statement, arguments: [key.hex])
                return !runs.isEmpty && needed.isDisjoint(with: runs)
            })
    }

    /// The innermost of these checkouts that a folder is or lies in; nil if it lies in none.
    package func checkout(around folder: String, on machine: Checkout.Machine = .current) throws -> Checkout? {
        let around = try checkouts().map(\.checkout).filter { checkout in
            let path = checkout.description(in: store)
            let isHere = checkout.host == nil || checkout.host == machine.name
            return isHere && (folder == path || folder.hasPrefix(path == "/" ? path : path + "/"))
        }
        return around.max { $0.description(in: store).utf8.count < $1.description(in: store).utf8.count }
    }

    /// The checkouts whose runs the store has, the one that ran last first.
    package func checkouts() throws -> [Checkout.Use] {
        try read { db in
            let sql = """
                SELECT checkout, host, max(started_at) AS time FROM runs WHERE checkout IS NOT NULL
                GROUP BY checkout, host ORDER BY time DESC
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                Checkout.Use(
                    checkout: Checkout(folder: try row.value("checkout"), host: try row.value("host")),
                    time: try row.value("time"))
            }
        }
    }

    /// When an execution was collected, in seconds since 1970; nil if it wasn't.
    package func collectionTime(of key: Digest) throws -> Double? {
        try read { db in
            try Row.fetchOne(db, sql: "SELECT collected_at FROM executions WHERE key = ?", arguments: [key.hex])?
                .value("collected_at", as: Double?.self)
        }
    }

    /// The records of what was collected, as far as the catalogue knows them, with the times of it.
    func collectedRecords() throws -> [(record: ExecutionRecord, time: Double)] {
        try read { db in
            let sql = "SELECT key, collected_at FROM executions WHERE collected_at IS NOT NULL ORDER BY key"
            let times = try Row.fetchAll(db, sql: sql).map { row in
                (key: try row.digest("key"), time: try row.value("collected_at", as: Double.self))
            }
            let rows = try Self.executions(times.map(\.key), db)
            return times.compactMap { key, time in rows[key].map { (ExecutionRecord($0), time) } }
        }
    }

    /// Notes, durably, that the records of these executions are about to go. Their rows stay: they say what was, and why.
    ///
    /// - Parameter time: Of the collection, in seconds since 1970; nil takes the note back.
    package func markCollected(_ keys: [Digest], superseded: [KeyedResult] = [], at time: Double?) throws {
        try write(durably: true) { db in
            for key in keys { try db.run("UPDATE executions SET collected_at = ? WHERE key = ?", [time, key.hex]) }
            for result in superseded {
                try db.run(
                    "UPDATE superseded_executions SET collected_at = ? WHERE key = ? AND result = ?",
                    [time, result.key.hex, result.result.hex])
            }
        }
    }
}
