import Artifacts
import Catalogue
import Foundation
import Pipelines

/// What a stage has written in a run, and where it stands there: from the catalogue, and from the run's folder if it is under way.
struct StageInRun {
    enum State {
        /// The run took its result from the store, or was to.
        case cached(why: String)
        case skipped(why: String)
        /// Started, with nothing said of its end.
        case atWork
        /// Neither started nor decided about.
        case ahead
        /// Executed, failed or interrupted.
        case ended
    }

    let run: RunRow
    let name: String
    let state: State
    let key: Digest?
    /// The log, if there is one.
    let log: URL?
    /// Whether the run's process still lives.
    let isUnderWay: Bool

    /// Nil if the run has no such stage.
    init?(_ name: String, in run: RunRow, _ store: Store, _ catalogue: Catalogue) throws {
        let plan = run.exit == nil ? RunPlan(in: store.runs.appendingPathComponent(run.id, isDirectory: true)) : nil
        let row = try catalogue.stages(run: run.id).first { $0.name == name }
        guard row != nil || plan?.stages.contains(name) == true else { return nil }
        self.run = run
        self.name = name
        key = row?.key
        isUnderWay = plan?.isUnderWay ?? false
        // In this store, which may have been moved since the run wrote down where it is.
        let written = row?.log.map { URL(fileURLWithPath: $0) }
        let names = [written?.lastPathComponent, plan?.logName(of: name)].compactMap(\.self)
        let files = names.map { store.log($0, ofRun: run.id) } + [written].compactMap(\.self)
        let log = files.first { FileManager.default.fileExists(atPath: $0.path) }
        self.log = row == nil || written != nil ? log : nil
        switch row {
        case let row? where row.log != nil: state = .ended
        case let row? where row.state == "cached": state = .cached(why: row.why)
        case let row?: state = row.isDone ? .ended : .skipped(why: row.why)
        case nil: state = log == nil ? .ahead : .atWork
        }
    }

    /// The stage in the latest run that has it, ended or not; nil if no run has. Runs of `checkout` come before all others.
    static func latest(
        _ name: String, _ store: Store, _ catalogue: Catalogue, preferring checkout: Checkout? = nil
    ) throws -> StageInRun? {
        let known = try catalogue.latestRun(ofStage: name, preferring: checkout)
        let isOwn = checkout != nil && known?.checkout == checkout
        let unended = try catalogue.unendedRuns().filter { run in
            (!isOwn || run.checkout == checkout)
                && known.map { ($0.startedAt, $0.id) < (run.startedAt, run.id) } ?? true
        }
        for run in unended {
            if let stage = try StageInRun(name, in: run, store, catalogue) { return stage }
        }
        return try known.flatMap { try StageInRun(name, in: $0, store, catalogue) }
    }

    /// The stage in a run that executed it, for one that didn't: rather the run that made the result which this one took.
    func source(_ store: Store, _ catalogue: Catalogue) throws -> StageInRun? {
        let run =
            try key.flatMap { try catalogue.latestRun(ofStage: name, withLogOf: $0) }
            ?? catalogue.latestRun(ofStage: name, withLog: true)
        return try run.flatMap { try StageInRun(name, in: $0, store, catalogue) }
    }

    /// What became of the stage in this run, as the end of a sentence that begins with its name.
    var description: String {
        switch state {
        case .cached: "was taken from the store in run \(run.id)"
        case .skipped(let why): "was skipped in run \(run.id) (\(why))"
        case .atWork: isUnderWay ? "is running in run \(run.id)" : "was running when run \(run.id) was killed"
        case .ahead:
            isUnderWay ? "has not started yet in run \(run.id)" : "had not started when run \(run.id) was killed"
        case .ended: "ended in run \(run.id)"
        }
    }
}

/// Prints a log while it is being written.
struct LogFollower: ~Copyable {
    let store: Store
    let catalogue: Catalogue
    let clear: ClearVariables
    /// Between looks at the file.
    private let pause: UInt32 = 100_000

    /// Prints what the stage writes until it, or its run, ends. It ends too if nobody reads any more.
    ///
    /// - Returns: The stage as it was found at its end; nil if the run has gone.
    func follow(_ stage: StageInRun) throws -> StageInRun? {
        var stage = stage
        var offset: UInt64 = 0
        var stream = clear.stream()
        defer { clear.warn() }
        while true {
            // First whether it is over, then what there is: nothing is written after its end.
            let now = try StageInRun(stage.name, in: try catalogue.run(stage.run.id) ?? stage.run, store, catalogue)
            guard let now else { return nil }
            stage = now
            if let log = stage.log { offset = try printed(log, from: offset, &stream) }
            let isOver =
                switch stage.state {
                case .ended, .cached, .skipped: true
                case .atWork, .ahead: !stage.isUnderWay
                }
            if isOver {
                try output(raw: clear.masking(Data(), with: &stream, isLast: true))
                return stage
            }
            for _ in 0..<3 {
                usleep(pause)
                if hasLostReader { return stage }
                if let log = stage.log { offset = try printed(log, from: offset, &stream) }
            }
        }
    }

    /// Prints a file from an offset on; returns where it ends now.
    private func printed(_ log: URL, from offset: UInt64, _ stream: inout SecretMask.Stream) throws -> UInt64 {
        guard let handle = try? FileHandle(forReadingFrom: log) else { return offset }
        defer { try? handle.close() }
        var offset = offset
        try? handle.seek(toOffset: offset)
        while let piece = try? handle.read(upToCount: 1 << 20), !piece.isEmpty {
            try output(raw: clear.masking(piece, with: &stream))
            offset += UInt64(piece.count)
        }
        return offset
    }

    private var hasLostReader: Bool {
        var state = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&state, 1, 0) > 0 && state.revents & Int16(POLLERR | POLLHUP) != 0
    }
}
