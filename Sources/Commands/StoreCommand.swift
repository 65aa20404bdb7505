import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Check, count, collect and repair what the store holds.",
        discussion: """
            EXAMPLES
              calm store verify
              calm store stats --store artifacts
              calm store gc --dry-run
            """,
        subcommands: [
            StoreVerifyCommand.self, StoreStatsCommand.self, StoreCollectCommand.self, StoreRebuildCommand.self,
        ])
}

struct StoreVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every blob, record and row; name what is damaged or missing, and what needs it.",
        discussion: """
            Damaged files are set aside; the next run makes anew what it needs. A run's damaged record is written anew from
            the catalogue; damaged pins and notes stay in their places, since only a person knows what they said. Exits 0
            if nothing is damaged (orphans and leftovers are no damage), 1 if something is, 5 if the store can't be read.

            EXAMPLE
              calm store verify --store artifacts
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let store = try store.open()
        var report = try store.verify()
        Catalogue.verify(store, &report)
        ReportArchive.verify(store, &report)
        if json {
            let damage = report.damage.map { item in
                JSONValue.object([
                    "subject": .string(item.subject.text), "problem": .string(item.problem.rawValue),
                    "message": .string(item.message), "quarantined": .optional(item.quarantined),
                    "needs": .array(
                        item.needs.map { need in
                            .object([
                                "relation": .string(need.relation.rawValue), "kind": .string(need.kind),
                                "key": .string(need.key.hex), "role": .string(need.role),
                                "artifact": .string(need.artifact.hex), "member": .optional(need.member),
                                "stage": .optional(need.stage),
                            ])
                        }),
                ])
            }
            let document = JSONValue.object([
                "objects": .int(report.objects), "bytes": .int(report.bytes), "executions": .int(report.executions),
                "sound": .bool(report.isSound), "damage": .array(damage),
                "notes": .array(report.notes.map { .string($0.description) }),
            ])
            try output(json: document)
        } else {
            for item in report.damage {
                try output("\(item.problem.rawValue): \(item.subject.text): \(item.message)")
                for need in item.needs { try output("  needed: \(need)") }
                if let place = item.quarantined { try output("  set aside as \(place)") }
            }
            for note in report.notes { try output("note: \(note)") }
            try output(
                "\(report.objects) objects, \(formatted(bytes: report.bytes)), \(report.executions) executions: "
                    + (report.isSound ? "sound" : "\(report.damage.count) damaged or missing"))
        }
        if !report.isSound { throw CommandFailure("", exitCode: 1) }
    }
}

struct StoreStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count what the store holds, and list the checkouts that use it.",
        discussion: """
            EXAMPLE
              calm store stats
            """)

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let store = try store.open()
        let statistics = try store.statistics()
        let rows: [(name: String, value: Int)] = [
            ("objects", statistics.objects), ("bytesOnDisk", statistics.bytesOnDisk),
            ("bytesUncompressed", statistics.bytesUncompressed), ("executions", statistics.executions),
            ("superseded", statistics.superseded),
            ("checkpoints", statistics.checkpoints), ("materialized", statistics.materialized),
            ("materializedBytes", statistics.materializedBytes), ("leftovers", statistics.leftovers),
            ("quarantined", statistics.quarantined),
        ]
        if json {
            try output(json: .object(Dictionary(uniqueKeysWithValues: rows.map { ($0.name, .int($0.value)) })))
            return
        }
        try output(
            columns([
                ["objects", "\(statistics.objects)"],
                ["on disk", formatted(bytes: statistics.bytesOnDisk)],
                ["uncompressed", formatted(bytes: statistics.bytesUncompressed)],
                ["executions", "\(statistics.executions)"],
                ["superseded", "\(statistics.superseded)"],
                ["checkpoints", "\(statistics.checkpoints)"],
                [
                    "materialized", "\(statistics.materialized), \(formatted(bytes: statistics.materializedBytes))",
                ],
                ["leftovers in tmp/", "\(statistics.leftovers)"],
                ["set aside", "\(statistics.quarantined)"],
            ]), terminator: "")
        // Without a catalogue that can be read, the counts are still true.
        let uses = (try? Catalogue(store: store).checkouts()) ?? []
        guard !uses.isEmpty else { return }
        try output("checkouts that use it:")
        try output(columns(uses.map { Self.row($0, in: store) }), terminator: "")
    }

    private static func row(_ use: Checkout.Use, in store: Store) -> [String] {
        let state =
            switch use.checkout.presence(for: .current) {
            case .present: ""
            case .gone: "the folder is gone"
            case .unknown: "on \(use.checkout.host ?? "another machine")"
            }
        return [use.checkout.description(in: store), "last run \(timestamp(use.time))", state]
    }
}

struct StoreRebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild-catalogue",
        abstract: "Make the catalogue anew from the store's files; the old one is set aside.",
        discussion: """
            Executions come from executions/, those that were collected from collected/, the history of runs from runs/, that
            of tests from reports/, the names of imported stages from imports/. What only the old catalogue has of these is
            written to files first, if it can be read; executions whose records were deleted or set aside as damaged are
            forgotten, with their metrics. Waits until no run is under way.

            EXAMPLE
              calm store rebuild-catalogue
            """)

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = try store.open()
        let rebuilt = try Catalogue.rebuild(store)
        let catalogue = try Catalogue(store: store)
        let problems = try ReportArchive(store, catalogue).problems
        let reports = try catalogue.indexedReports().count
        try output(
            "\(counted(rebuilt.executions, "execution")) and \(counted(rebuilt.runs, "run")) indexed"
                + (reports > 0 ? ", \(counted(reports, "test report"))" : "")
                + (rebuilt.setAside.map { "; the old catalogue is \($0)" } ?? ""))
        if !problems.isEmpty {
            throw CommandFailure(
                problems.map(\.message).joined(separator: "\n"), exitCode: Pipelines.ExitCode.store)
        }
    }
}

extension VerificationReport.Subject {
    fileprivate var text: String {
        switch self {
        case .object(let digest): "object \(digest)"
        case .execution(let key): "execution record \(key)"
        case .report(let id): "report \(id)"
        case .file(let name): name
        case .catalogue: "catalogue"
        }
    }
}
