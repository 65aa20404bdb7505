import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Print what a stage wrote while it ran.",
        discussion: """
            Prints the log of the latest run that has the stage, also while the stage is running. If that run didn't
            execute it, the log of an earlier run is printed, and standard error says so. All attempts of a stage that was
            retried are in one log.

            EXAMPLES
              calm log composed
              calm log composed --follow
              calm log "scores[model=composed]" --run latest
              calm log composed@latest
            """)

    @Argument(
        help: "The stage, or STAGE@RUN; a matrix stage's name lists its cells.", completion: .custom(Completion.stages))
    var stage: String

    @Option(
        name: .customLong("run"), help: "The run, by id or prefix (default: the latest that has the stage).",
        completion: .custom(Completion.runs))
    var reference: String?

    @Flag(
        name: .shortAndLong,
        help: "Print more as the stage writes it, until it ends; wait for a stage that has not started.")
    var follow = false

    @OptionGroup var store: StoreOptions

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        if let at = stage.lastIndex(of: "@"), at > stage.startIndex,
            try StageInRun.latest(stage, store, catalogue) == nil
        {
            if let reference {
                throw ValidationError("'\(stage)' names a run, and so does --run \(reference): name one")
            }
            var command = self
            command.stage = String(stage[..<at])
            command.reference = String(stage[stage.index(after: at)...])
            return try command.run()
        }
        let named = try reference.map { try Reference.run($0, in: catalogue) }
        let found =
            try named.map { try StageInRun(stage, in: $0, store, catalogue) }
            ?? StageInRun.latest(stage, store, catalogue)
        guard let found else {
            if try listCells(in: named, store, catalogue) { return }
            throw CommandFailure.notFound(
                named.map { "run \($0.id) has no stage '\(stage)': `calm show \($0.id)` lists those it has" }
                    ?? "no run has a stage '\(stage)': `calm show latest` lists those of the latest run")
        }
        if follow, found.isUnderWay, found.isOpen {
            let follower = LogFollower(store: store, catalogue: catalogue, clear: try ClearVariables(in: catalogue))
            let end = try follower.follow(found)
            guard let end, end.log == nil || end.isOpen else { return }
            if case .cached = end.state { return try print(end, isNamed: false, store, catalogue) }
            complain("calm: stage \(stage) \(end.description)")
            return
        }
        try print(found, isNamed: named != nil, store, catalogue)
    }

    private func print(_ found: StageInRun, isNamed: Bool, _ store: Store, _ catalogue: Catalogue) throws {
        var shown = found
        if found.log == nil {
            if case .ended = found.state {
                throw CommandFailure.notFound("the log of stage \(stage) in run \(found.run.id) is gone")
            }
            let source = try found.source(store, catalogue)
            let advice = found.isUnderWay && found.isOpen ? "; --follow waits for it" : ""
            guard !isNamed, let source, source.log != nil else {
                let other = source.map {
                    "; run \($0.run.id) executed it: `calm log \(stage.shellWord) --run \($0.run.id)`"
                }
                throw CommandFailure.notFound(
                    "stage \(stage) \(found.description), so it wrote nothing there\(advice)\(other ?? "")")
            }
            complain(
                "calm: stage \(stage) \(found.description)\(advice); this is what it wrote in run \(source.run.id) "
                    + "(\(timestamp(source.run.startedAt)))")
            shown = source
        } else if found.isOpen {
            complain("calm: stage \(stage) \(found.description)" + (found.isUnderWay ? "; --follow prints on" : ""))
        }
        guard let log = shown.log, let text = try? Data(contentsOf: log) else {
            throw CommandFailure.notFound("the log of stage \(stage) in run \(shown.run.id) can't be read")
        }
        let clear = try ClearVariables(in: catalogue)
        try output(raw: clear.masking(text))
        clear.warn()
    }

    /// Lists the cells of a matrix stage; false if no run has such a stage.
    private func listCells(in named: RunRow?, _ store: Store, _ catalogue: Catalogue) throws -> Bool {
        let runs =
            try named.map { [$0] } ?? catalogue.unendedRuns()
            + [catalogue.latestRun(ofCellsOf: stage)].compactMap(\.self)
        for run in runs.sorted(by: { ($1.startedAt, $1.id) < ($0.startedAt, $0.id) }) {
            let plan = RunPlan(in: store.runs.appendingPathComponent(run.id, isDirectory: true))
            let recorded = try catalogue.stages(run: run.id).map(\.name)
            let names = (plan?.stages ?? recorded).filter { $0.hasPrefix(stage + "[") }
            let cells = try names.compactMap { try StageInRun($0, in: run, store, catalogue) }
            if cells.isEmpty { continue }
            let heading =
                "\(stage) has \(counted(cells.count, "cell")) in run \(run.id); `calm log CELL` prints what it wrote\n"
            let rows = cells.map { cell in
                [cell.name, cell.word, cell.log.map { formatted(bytes: Int(clamping: $0.byteCount)) } ?? "–"]
            }
            try output(heading + columns(rows), terminator: "")
            return true
        }
        return false
    }
}

extension StageInRun {
    /// Whether it may still write something, as far as the records say.
    fileprivate var isOpen: Bool {
        switch state {
        case .atWork, .ahead: true
        case .cached, .skipped, .ended: false
        }
    }

    fileprivate var word: String {
        switch state {
        case .cached: "cached"
        case .skipped: "skipped"
        case .atWork: isUnderWay ? "running" : "killed"
        case .ahead: isUnderWay ? "not started yet" : "not started"
        case .ended: "ended"
        }
    }
}

extension URL {
    fileprivate var byteCount: UInt64 {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64) ?? 0
    }
}
