import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Reports

struct ReportsAliasCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alias",
        abstract: "Say that a test was renamed, so that its history goes on under the new name.",
        discussion: """
            A file in the store's tests/aliases says so.

            EXAMPLE
              calm reports alias tests.test_a::test_old tests.test_a::test_new
            """)

    @Argument(help: "What it was called, as in `calm reports history`.")
    var old: String

    @Argument(help: "What it is called now; suite::class::name in full if no run has it yet.")
    var new: String

    @OptionGroup var store: StoreOptions

    func run() throws {
        try store.changeNotes { store, catalogue in
            let names = try catalogue.testNaming()
            let alias = TestAlias(
                old: try catalogue.possibleTest(old), new: try catalogue.possibleTest(new),
                since: Date().timeIntervalSince1970)
            guard alias.old != alias.new else {
                throw CommandFailure.notFound(
                    "'\(old)' and '\(new)' are one test, \(names(alias.new)): `calm reports aliases` lists what was renamed"
                )
            }
            let aliases = try store.notes(TestAlias.self).filter { $0.old == alias.new }
            if let other = aliases.first {
                throw CommandFailure.notFound(
                    "\(names(alias.new)) was itself renamed, to \(names(other.new)): name that one")
            }
            try store.note(alias)
            return "\(names(alias.old)) is called \(names(alias.new))"
        }
    }
}

struct ReportsUnaliasCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unalias",
        abstract: "Take back that a test was renamed.",
        discussion: """
            EXAMPLE
              calm reports unalias tests.test_a::test_old
            """)

    @Argument(help: "The old name, as `calm reports aliases` prints it.")
    var old: String

    @OptionGroup var store: StoreOptions

    func run() throws {
        try store.changeNotes { store, catalogue in
            let names = try catalogue.testNaming()
            let all = try store.notes(TestAlias.self)
            let printed = all.filter { names($0.old) == old || $0.old.text(showsQualifier: true) == old }
            let aliases =
                printed.isEmpty ? all.filter { $0.old.description == old || $0.old.name == old } : printed
            guard aliases.count == 1, let alias = aliases.first else {
                throw CommandFailure.notFound(
                    aliases.isEmpty
                        ? "no test '\(old)' was renamed; `calm reports aliases` lists those that were"
                        : "'\(old)' may be any of \(aliases.map { names($0.old) }.joined(separator: ", "))")
            }
            _ = try store.removeNote(TestAlias.self, of: alias.old)
            return "\(names(alias.old)) and \(names(alias.new)) are two tests"
        }
    }
}

struct ReportsAliasesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aliases",
        abstract: "List the renamed tests.",
        discussion: """
            EXAMPLE
              calm reports aliases
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var form: AnswerOptions

    func run() throws {
        let (store, catalogue, _) = try store.openReports()
        let names = try catalogue.testNaming()
        let aliases = try store.notes(TestAlias.self)
        try form.write(
            HistoryAnswer(
                title: aliases.isEmpty ? "no test was renamed" : counted(aliases.count, "renamed test"),
                sections: aliases.isEmpty
                    ? []
                    : [
                        .init(
                            "Renamed tests", [.init("old"), .init("new")],
                            aliases.map { ["\(names($0.old))", "\(names($0.new))"] })
                    ]),
            .array(
                aliases.map {
                    .object(["old": $0.old.json, "new": $0.new.json, "since": .string(timestamp($0.since))])
                }))
    }
}
