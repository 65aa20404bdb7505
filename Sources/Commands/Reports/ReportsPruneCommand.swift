import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Reports

struct ReportsPruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Forget old runs of tests.",
        discussion: """
            A run stays if one of the rules keeps it. The next `calm store gc` frees the reports' bytes. Quarantined and renamed
            tests stay as they are.

            EXAMPLES
              calm reports prune --keep-runs 200 --dry-run
              calm reports prune --keep-days 90 --keep release-1.0
            """)

    @Option(name: .customLong("keep-runs"), help: "Keep so many of the latest runs of each job and branch.")
    var runs: Int?

    @Option(name: .customLong("keep-days"), help: "Keep the runs of so many days.")
    var days: Double?

    @Option(name: .customLong("keep"), help: "Keep this run, such as a baseline; may be given several times.")
    var kept: [String] = []

    @Flag(name: .customLong("dry-run"), help: "Say what would go, and remove nothing.")
    var dryRun = false

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if runs == nil && days == nil { throw ValidationError("say which runs stay: --keep-runs or --keep-days") }
        if let runs, runs < 0 { throw ValidationError("--keep-runs takes 0 or more, found \(runs)") }
        if let days, !(days >= 0) { throw ValidationError("--keep-days takes 0 or more, found \(days)") }
    }

    func run() throws {
        let (_, catalogue, archive) = try store.openReports()
        let names = try kept.map { try catalogue.testRun($0).run.name }
        let gone = try archive.prune(
            Retention(runs: runs, days: days, names: Set(names)), now: Date().timeIntervalSince1970, dryRun: dryRun)
        let left = try catalogue.testRuns().count - (dryRun ? gone.count : 0)
        if json {
            try output(
                json: .object([
                    "dryRun": .bool(dryRun), "removed": .array(gone.map(\.json)), "kept": .int(left),
                ]))
            return
        }
        let verb = dryRun ? "would remove" : "removed"
        for row in gone { try output("\(verb) run \(row.run.name), \(row.line)") }
        try output(
            "\(verb) \(counted(gone.count, "run")), kept \(left)"
                + (gone.isEmpty || dryRun ? "" : "; `calm store gc` frees their reports"))
    }
}
