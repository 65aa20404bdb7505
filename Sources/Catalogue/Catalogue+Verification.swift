import Artifacts
import Foundation
import GRDB

extension Catalogue {
    /// Compares the store's catalogue with its records, adds what is wrong to a report, and names the stages in it.
    ///
    /// A catalogue is made in memory from the files, and its rows are compared with those that there are. A run's own
    /// record that is damaged is made anew from the rows.
    package static func verify(_ store: Store, _ report: inout VerificationReport) {
        let file = store.catalogue.path
        guard FileManager.default.fileExists(atPath: file) else {
            if report.executions > 0 {
                report.add(.missing, "no file \(file); the next command that needs it makes it anew")
            }
            return
        }
        do {
            let catalogue = try Catalogue(store: store)
            let expected = try DatabaseQueue()
            try Migrations.run(on: expected)
            try catalogue.read { db in
                try checkFile(db, expected, &report)
                try expected.write { expected in
                    var comparison = try CatalogueComparison(store, db, expected, report)
                    try comparison.run()
                    report = comparison.report
                }
            }
        } catch let error as StoreError where error.code != .damaged {
            // No space to open it, say: nothing is wrong with what it holds.
            report.notes.append(.uncheckedCatalogue("the catalogue isn't compared with the records: \(error.message)"))
        } catch {
            report.add(.damaged, (error as? StoreError)?.message ?? "\(error)")
        }
        let order = { (damage: VerificationReport.Damage) in (damage.message, damage.problem.rawValue) }
        report.damage.sort { order($0) < order($1) }
    }

    /// SQLite's own checks, and whether the tables are the ones that the migrations make.
    private static func checkFile(
        _ db: Database, _ expected: DatabaseQueue, _ report: inout VerificationReport
    ) throws {
        let said = try String.fetchAll(db, sql: "PRAGMA integrity_check(10)")
        if said != ["ok"] { report.add(.damaged, said.joined(separator: "; ")) }
        if let row = try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") {
            report.add(.damaged, "a row of \(try row.value("table", as: String.self)) belongs to none that is there")
        }
        let query = "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1"
        let (found, wanted) = (
            Set(try String.fetchAll(db, sql: query)), Set(try expected.read { try String.fetchAll($0, sql: query) })
        )
        for text in wanted.subtracting(found).sorted() {
            report.add(.damaged, "it has no \(text.prefix { $0 != ":" }) such as calm makes")
        }
        for text in found.subtracting(wanted).sorted() {
            report.add(.damaged, "its \(text.prefix { $0 != ":" }) isn't one that calm makes")
        }
    }
}

extension VerificationReport {
    fileprivate mutating func add(_ problem: Problem, _ message: String) {
        damage.append(Damage(subject: .catalogue, problem: problem, message: message))
    }
}
