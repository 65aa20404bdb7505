import Artifacts
import GRDB

/// How the tests of a catalogue are printed: each as shortly as it can be told from all others.
package struct TestNaming: Sendable {
    private let withEmptyParts: Set<TestName>
    private let withQualifier: Set<[String]>

    init(_ db: Database) throws {
        // Two names where one has a suite only and the other a class only, or the like.
        let alike = """
            SELECT a.suite, a.class, a.name, a.qualifier FROM tests AS a JOIN tests AS b ON \(Self.sameText)
            UNION SELECT b.suite, b.class, b.name, b.qualifier FROM tests AS a JOIN tests AS b ON \(Self.sameText)
            """
        withEmptyParts = Set(try Row.fetchAll(db, sql: alike).map { try TestName(row: $0) })
        let several = "SELECT class, name, suite FROM tests GROUP BY class, name, suite HAVING count(*) > 1"
        withQualifier = Set(
            try Row.fetchAll(db, sql: several).map { row in
                [try row.value("suite"), try row.value("class"), try row.value("name")]
            })
    }

    private static let sameText =
        "a.class = '' AND a.suite <> '' AND b.suite = '' AND b.class = a.suite AND b.name = a.name"

    package func callAsFunction(_ test: TestName) -> String {
        test.text(
            keepsEmptyParts: withEmptyParts.contains(test),
            showsQualifier: !withQualifier.isEmpty && withQualifier.contains([test.suite, test.className, test.name]))
    }
}

extension Catalogue {
    package func testNaming() throws -> TestNaming { try read { try TestNaming($0) } }

    /// The tests that `text` may mean: as they are printed, else by their whole name, class and name, name, or a part of it.
    package func tests(matching text: String, limit: Int = 20) throws -> [(id: Int64, name: TestName)] {
        try read { db in
            if let printed = PrintedTestName(parsing: text) {
                let found = try Self.tests(printed, limit, db)
                if !found.isEmpty { return found }
            }
            let conditions = [
                """
                tests.suite || '::' || tests.class || '::' || tests.name = ?1
                OR CASE tests.suite WHEN '' THEN '' ELSE tests.suite || '::' END
                || CASE tests.class WHEN '' THEN '' ELSE tests.class || '::' END || tests.name = ?1
                """,
                "tests.class || '::' || tests.name = ?1 OR tests.suite || '::' || tests.name = ?1",
                "tests.class || '.' || tests.name = ?1 OR tests.name = ?1",
                "instr(tests.class || '.' || tests.name, ?1) > 0",
            ]
            for condition in conditions {
                let found = try Self.tests(where: condition, [text], limit, db)
                if !found.isEmpty { return found }
            }
            return []
        }
    }

    /// Those that are printed like this.
    private static func tests(
        _ printed: PrintedTestName, _ limit: Int, _ db: Database
    ) throws -> [(id: Int64, name: TestName)] {
        let names = printed.names
        let one = "(tests.class = ? AND tests.name = ? AND tests.suite = ?)"
        var condition = "(" + Array(repeating: one, count: names.count).joined(separator: " OR ") + ")"
        var values = names.flatMap { [$0.className, $0.name, $0.suite] }
        if let qualifier = printed.qualifier {
            condition += " AND tests.qualifier = ?"
            values.append(qualifier)
        }
        return try tests(where: condition, values, limit, db)
    }

    private static func tests(
        where condition: String, _ values: [String], _ limit: Int, _ db: Database
    ) throws -> [(id: Int64, name: TestName)] {
        let sql = """
            SELECT DISTINCT called.* FROM tests JOIN tests AS called ON called.id = coalesce(tests.renamed_to, tests.id)
            WHERE \(condition) ORDER BY called.suite, called.class, called.name, called.qualifier LIMIT \(limit)
            """
        return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(values)).map {
            (try $0.value("id"), try TestName(row: $0))
        }
    }
}
