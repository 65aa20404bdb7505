import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct StoreCollectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove the results that no latest run, no pin and none of the last runs needs.",
        discussion: """
            It keeps what each pipeline's latest run and its latest complete run read and made, what the last runs did
            (--keep-runs), and what pins name. Checkouts that share the store have a latest run each; one whose folder is
            gone doesn't count any more, and one on another machine counts for 30 days after its last run. The output says whose
            results are removed. Files that calm didn't write are never removed.

            Checkpoints and partly fetched files of stages that never finished stay while a run that counts has the stage;
            those that no run is known to have stay for \(CollectionOptions.daysOfCheckpoints) days. --checkpoints removes them all.

            No result is removed while a pin can't be read or names what isn't there; a warning says so. The collection waits
            until no run is under way.
            Execution records (in collected/), logs and reports stay, so that `calm why` and `calm metrics` go on answering;
            a stage whose result was removed runs again when it is wanted.

            EXAMPLES
              calm store gc --dry-run
              calm store gc --max-size 20GiB
            """)

    @OptionGroup var store: StoreOptions

    @Flag(name: .customLong("dry-run"), help: "Say what would go and why, and remove nothing.")
    var dryRun = false

    @Option(name: .customLong("keep-runs"), help: "How many of the latest runs keep all they need.")
    var keepRuns = 1

    @Option(
        name: .customLong("max-size"),
        help: "Let what nobody needs stay up to this size of all objects, the last used longest: 500MB, 20GiB.")
    var maxSize: String?

    @Flag(help: "Remove checkpoints of stages that never finished even if a run may go on from them.")
    var checkpoints = false

    @Flag(help: "Remove damaged files that were set aside, too.")
    var quarantined = false

    @Flag(name: .customLong("no-wait"), help: "Give up at once while a run is under way.")
    var noWait = false

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if keepRuns < 0 { throw ValidationError("--keep-runs takes 0 or more, found \(keepRuns)") }
        if let maxSize, ByteCount(maxSize) == nil {
            throw ValidationError("--max-size takes a size such as 500MB or 20GiB, found '\(maxSize)'")
        }
    }

    func run() throws {
        let store = try store.open()
        let lock = try lock(store)
        defer { withExtendedLifetime(lock) {} }
        let catalogue = try Catalogue(store: store)
        var roots = try catalogue.collectionRoots(keepRuns: keepRuns)
        let (pins, unreadable) = try store.pins()
        let doubtful = unreadable + pins.compactMap(store.loss(of:))
        for pin in pins {
            roots.executions.formUnion(pin.executions)
            roots.artifacts.formUnion(pin.artifacts)
            roots.results.formUnion(try results(of: pin, store, catalogue))
        }
        if roots.lastUse.isEmpty, pins.isEmpty, doubtful.isEmpty, try !store.executionKeys().isEmpty {
            throw StoreError(
                .missing,
                "the catalogue of \(store.root.path) knows of no run, so that nothing says what is needed: run the pipelines first, or remove the store's folder"
            )
        }
        var options = CollectionOptions()
        options.budget = maxSize.flatMap { ByteCount($0)?.bytes }
        options.unfinishedCheckpoints = checkpoints
        options.quarantined = quarantined
        var plan = try store.planCollection(roots, options)
        if !doubtful.isEmpty { plan.keepResults() }
        for message in doubtful { complain("warning: no result is removed, since a pin may protect it: \(message)") }
        var problems: [String] = []
        var left: [String] = []
        if !dryRun { (plan.items, problems, left) = try collect(plan, store, catalogue) }
        for message in left { complain("warning: \(message)") }
        let foreign = try store.foreignFiles()
        try json
            ? output(json: document(plan, problems, left, foreign)) : output(text(plan, foreign), terminator: "")
        if !problems.isEmpty {
            throw CommandFailure(
                problems.map { "error: \($0)" }.joined(separator: "\n"), exitCode: Pipelines.ExitCode.store)
        }
    }

    /// The results of its keys that a pin keeps: those that the run had; all, of what is no run that is known.
    private func results(of pin: Pin, _ store: Store, _ catalogue: Catalogue) throws -> [KeyedResult] {
        if let (run, stage) = pin.run {
            let stages = try catalogue.stages(run: run)
            if !stages.isEmpty { return stages.filter { stage == nil || $0.name == stage }.compactMap(\.keyedResult) }
        }
        let keys = Set(pin.executions)
        return try store.supersededResults().filter { keys.contains($0.key) }
    }

    private func lock(_ store: Store) throws -> FileLock {
        let file = store.locks.appendingPathComponent("gc")
        do {
            return try FileLock.exclusive(file, wait: false)
        } catch let error as StoreError where error.code == .locked && !noWait {
            complain("waiting for the runs under way to end (--no-wait gives up at once)")
            return try FileLock.exclusive(file, wait: true)
        }
    }

    private func collect(
        _ plan: CollectionPlan, _ store: Store, _ catalogue: Catalogue
    ) throws -> (removed: [CollectionPlan.Item], problems: [String], left: [String]) {
        // First, so that a collection cut short leaves no execution that seems to have lost its record.
        let keys = plan.items.compactMap { item in
            switch item.subject {
            case .execution(let key): key
            case .object, .superseded: nil
            // A record that was set aside: from here on nothing else tells that it isn't missed.
            case .file(let name): Self.key(ofSetAside: name).flatMap { store.hasExecution($0) ? nil : $0 }
            }
        }
        let superseded = plan.items.compactMap { if case .superseded(let result) = $0.subject { result } else { nil } }
        try catalogue.markCollected(keys, superseded: superseded, at: Date().timeIntervalSince1970)
        let (removed, problems, left) = store.collect(plan)
        if !problems.isEmpty {
            // What stays is as much in use as before.
            try catalogue.markCollected(
                keys.filter(store.hasExecution), superseded: superseded.filter(store.hasSuperseded), at: nil)
        }
        return (removed, problems, left)
    }

    private static func key(ofSetAside name: String) -> Digest? {
        guard let match = name.wholeMatch(of: /quarantine\/([0-9a-f]{64})\.json/) else { return nil }
        return Digest(hex: String(match.1))
    }

    /// What it comes to, then whose results those are, then each of them.
    private func text(_ plan: CollectionPlan, _ foreign: [String]) -> String {
        let verb = dryRun ? "would remove" : "removed"
        var text =
            "\(verb) \(counts(plan.items)); kept \(counted(plan.keptObjects, "object")) "
            + "of \(counted(plan.keptExecutions, "execution")), \(formatted(bytes: plan.keptBytes))\n"
        let groups = Dictionary(grouping: plan.items, by: \.group).sorted { $0.key < $1.key }
        for (group, items) in groups { text += "  \(group): \(counts(items))\n" }
        if dryRun {
            for (group, items) in groups {
                text += "\n\(group)\n"
                for item in items {
                    text += "  \(item.subject.text), \(formatted(bytes: item.bytes)): \(item.why)\n"
                }
            }
        }
        if !foreign.isEmpty {
            text +=
                "note: not written by calm, and not removed: \(Store.some(of: foreign))"
                + (foreign.count > 3 ? " (\(foreign.count) files)\n" : "\n")
        }
        return text
    }

    /// `3 objects and 1 other file, 1.1 kB`
    private func counts(_ items: [CollectionPlan.Item]) -> String {
        let objects = items.count { if case .object = $0.subject { true } else { false } }
        return "\(counted(objects, "object")) and \(counted(items.count - objects, "other file")), "
            + formatted(bytes: items.reduce(0) { $0 + $1.bytes })
    }

    private func document(
        _ plan: CollectionPlan, _ problems: [String], _ left: [String], _ foreign: [String]
    ) -> JSONValue {
        .object([
            "dryRun": .bool(dryRun), "bytes": .int(plan.bytes),
            "removed": .array(
                plan.items.map {
                    .object([
                        "subject": .string($0.subject.text), "bytes": .int($0.bytes), "why": .string($0.why),
                        "group": .string($0.group),
                    ])
                }),
            "kept": .object([
                "executions": .int(plan.keptExecutions), "objects": .int(plan.keptObjects),
                "bytes": .int(plan.keptBytes),
            ]),
            "problems": .array(problems.map(JSONValue.string)), "left": .array(left.map(JSONValue.string)),
            "foreign": .array(foreign.map(JSONValue.string)),
        ])
    }
}

extension CollectionPlan.Subject {
    fileprivate var text: String {
        switch self {
        case .execution(let key): "execution record \(key)"
        case .superseded(let result): "superseded execution record \(result.key) \(result.result)"
        case .object(let digest): "object \(digest)"
        case .file(let name): name
        }
    }
}
