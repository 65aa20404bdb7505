import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Reports

struct ReportsQuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Let a test's failures not count in the gate, up to the end of a day.",
        discussion: """
            After that day (UTC) they count again, and the gate names them. A file in the store's tests/quarantined says so.

            EXAMPLE
              calm reports quarantine tests.test_a::test_x --until 2026-12-31 --reason "issue 12"
            """)

    @Argument(help: "The test, as in `calm reports history`; suite::class::name in full if no run has it yet.")
    var test: String

    @Option(help: "The last day, as 2026-12-31.")
    var until: String

    @Option(help: "Why.")
    var reason = ""

    @OptionGroup var store: StoreOptions

    func validate() throws {
        if !isDay(until) { throw ValidationError("--until takes a day such as 2026-12-31, found '\(until)'") }
    }

    func run() throws {
        try store.changeNotes { store, catalogue in
            let test = try catalogue.possibleTest(test)
            try store.note(
                QuarantinedTest(test: test, until: until, reason: reason, since: Date().timeIntervalSince1970))
            return "quarantined until \(until): \(try catalogue.testNaming()(test))"
                + (until < today() ? " (that day is over)" : "")
        }
    }
}

struct ReportsUnquarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unquarantine",
        abstract: "Let a test's failures count again.",
        discussion: """
            EXAMPLE
              calm reports unquarantine tests.test_a::test_x
            """)

    @Argument(help: "The test.")
    var test: String

    @OptionGroup var store: StoreOptions

    func run() throws {
        try store.changeNotes { store, catalogue in
            let test = try catalogue.possibleTest(test)
            // One that was renamed since may be quarantined under its old name.
            let aliases = try store.notes(TestAlias.self).map { alias in
                alias.isOfEveryQualifier
                    ? TestAlias(
                        old: alias.old.with(test.qualifier), new: alias.new.with(test.qualifier), since: alias.since)
                    : alias
            }
            let names = Catalogue.lastNames(aliases)
            let removed = try store.notes(QuarantinedTest.self).filter { note in
                let meant = note.isOfEveryQualifier ? note.test.with(test.qualifier) : note.test
                return try (names[meant] ?? meant) == test && store.removeNote(QuarantinedTest.self, of: note.test)
            }
            guard !removed.isEmpty else {
                throw CommandFailure.notFound(
                    "\(try catalogue.testNaming()(test)) isn't quarantined; `calm reports quarantined` lists what is")
            }
            return "no longer quarantined: \(try catalogue.testNaming()(test))"
        }
    }
}

struct ReportsQuarantinedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantined",
        abstract: "List the quarantined tests, and those whose time is over.",
        discussion: """
            EXAMPLE
              calm reports quarantined
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let day = today()
        let catalogue = try store.openTestHistory()
        let names = try catalogue.testNaming()
        let items = try catalogue.quarantine().values.sorted { ($0.until, $0.test) < ($1.until, $1.test) }
        let over = items.count { $0.until < day }
        let rows: [[HistoryAnswer.Cell]] = items.map { item in
            [
                "\(item.until)", item.until < day ? HistoryAnswer.Cell("over", .warn) : "", "\(names(item.test))",
                "\(item.reason)",
            ]
        }
        let titles = ["until", "", "test", "reason"]
        try form.write(
            HistoryAnswer(
                title: items.isEmpty
                    ? "no test is quarantined"
                    : "\(counted(items.count - over, "quarantined test"))"
                        + (over > 0 ? ", \(over) whose time is over" : ""),
                sections: items.isEmpty ? [] : [.init("Quarantined tests", titles.map { .init($0) }, rows)]),
            .array(
                items.map { item in
                    item.test.document([
                        "until": .string(item.until), "reason": .string(item.reason),
                        "since": .string(timestamp(item.since)), "isOver": .bool(item.until < day),
                    ])
                }))
    }
}
