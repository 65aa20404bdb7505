import Artifacts
import GRDB

extension Catalogue {
    /// Brings renamed and quarantined tests up to what the store's files say; nothing is written if they agree.
    package func adopt(_ aliases: [TestAlias], _ quarantined: [QuarantinedTest]) throws {
        let isCurrent = try read { db in
            let names = Self.lastNames(try Self.expanded(aliases, db))
            let renamed = try Row.fetchAll(
                db,
                sql: """
                    SELECT old.suite, old.class, old.name, old.qualifier, new.suite AS new_suite, new.class AS new_class,
                           new.name AS new_name, new.qualifier AS new_qualifier
                    FROM tests AS old JOIN tests AS new ON new.id = old.renamed_to
                    """
            ).map { row in
                let new = TestName(
                    suite: try row.value("new_suite"), className: try row.value("new_class"),
                    name: try row.value("new_name"), qualifier: try row.value("new_qualifier"))
                return (try TestName(row: row), new)
            }
            return try Dictionary(renamed) { $1 } == names
                && Self.quarantine(db) == Self.current(Self.expanded(quarantined, db), names)
        }
        if isCurrent { return }
        // Of a store that can't be written, this is a private copy.
        try write(evenIfReadOnly: true) { db in
            let names = Self.lastNames(try Self.expanded(aliases, db))
            let quarantined = Self.current(try Self.expanded(quarantined, db), names)
            try db.run("UPDATE tests SET renamed_to = NULL WHERE renamed_to IS NOT NULL", [])
            try db.run("DELETE FROM quarantined_tests", [])
            for (old, new) in names.sorted(by: { $0.key < $1.key }) {
                try db.run(
                    "UPDATE tests SET renamed_to = ? WHERE id = ?",
                    [Self.identifier(of: new, db), Self.identifier(of: old, db)])
            }
            for item in quarantined.values.sorted(by: { $0.test < $1.test }) {
                try db.run(
                    "INSERT INTO quarantined_tests VALUES (?, ?, ?, ?)",
                    [Self.identifier(of: item.test, db), item.until, item.reason, item.since])
            }
        }
    }

    /// The qualifiers of the tests with the names of this one.
    private static func qualifiers(of test: TestName, _ db: Database) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT qualifier FROM tests WHERE class = ? AND name = ? AND suite = ? ORDER BY qualifier",
            arguments: [test.className, test.name, test.suite])
    }

    /// Aliases from before tests had qualifiers, as one for each test that they are of.
    private static func expanded(_ aliases: [TestAlias], _ db: Database) throws -> [TestAlias] {
        var found = aliases.filter { !$0.isOfEveryQualifier }
        let early = Dictionary(aliases.filter(\.isOfEveryQualifier).map { ($0.old, $0) }) { $1 }
        var seen: Set<TestName> = []
        for alias in early.values {
            let qualifiers = try qualifiers(of: alias.old, db)
            for qualifier in qualifiers.isEmpty ? [""] : qualifiers {
                var next: TestAlias? = alias
                while let alias = next, seen.insert(alias.old.with(qualifier)).inserted {
                    found.append(
                        TestAlias(
                            old: alias.old.with(qualifier), new: alias.new.with(qualifier), since: alias.since))
                    next = early[alias.new]
                }
            }
        }
        return found
    }

    /// Quarantines from before tests had qualifiers, as one for each test that they are of.
    private static func expanded(_ quarantined: [QuarantinedTest], _ db: Database) throws -> [QuarantinedTest] {
        try quarantined.flatMap { item in
            let qualifiers = item.isOfEveryQualifier ? try qualifiers(of: item.test, db) : []
            return (qualifiers.isEmpty ? [item.test.qualifier] : qualifiers).map { qualifier in
                QuarantinedTest(
                    test: item.test.with(qualifier), until: item.until, reason: item.reason, since: item.since)
            }
        }
    }

    /// What each renamed test is called now: an alias of an alias leads to the last.
    package static func lastNames(_ aliases: [TestAlias]) -> [TestName: TestName] {
        let next = Dictionary(aliases.map { ($0.old, $0.new) }) { $1 }
        return next.mapValues { new in
            var last = new
            // Files made by hand may go in circles.
            var seen: Set<TestName> = []
            while let further = next[last], seen.insert(last).inserted { last = further }
            return last
        }.filter { $0.key != $0.value }
    }

    /// Quarantined tests by what they are called now; of several for one, the one that ends last.
    private static func current(
        _ quarantined: [QuarantinedTest], _ names: [TestName: TestName]
    ) -> [TestName: QuarantinedTest] {
        let items = quarantined.map { item in
            QuarantinedTest(
                test: names[item.test] ?? item.test, until: item.until, reason: item.reason, since: item.since)
        }
        return Dictionary(items.map { ($0.test, $0) }) { $0.until < $1.until ? $1 : $0 }
    }

    private static func identifier(of test: TestName, _ db: Database) throws -> Int64 {
        let arguments: StatementArguments = [test.className, test.name, test.suite, test.qualifier]
        let find = "SELECT id FROM tests WHERE class = ? AND name = ? AND suite = ? AND qualifier = ?"
        if let found = try Int64.fetchOne(db, sql: find, arguments: arguments) { return found }
        try db.run("INSERT INTO tests (class, name, suite, qualifier) VALUES (?, ?, ?, ?)", arguments)
        return db.lastInsertedRowID
    }

    /// The quarantined tests by name, those whose time is over included.
    package func quarantine() throws -> [TestName: QuarantinedTest] { try read(Self.quarantine) }

    static func quarantine(_ db: Database) throws -> [TestName: QuarantinedTest] {
        var found: [TestName: QuarantinedTest] = [:]
        try db.each("SELECT * FROM quarantined_tests JOIN tests ON tests.id = test", []) { row in
            let test = try TestName(row: row)
            found[test] = QuarantinedTest(
                test: test, until: try row.value("until"), reason: try row.value("reason"),
                since: try row.value("since"))
        }
        return found
    }
}
