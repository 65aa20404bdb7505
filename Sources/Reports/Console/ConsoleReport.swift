import Foundation
import Pipelines
import Synchronization

/// A run as lines on a terminal: one a stage when it is done, and below them a live line for each stage at work.
///
/// Where lines can't be redrawn there are only plain lines: when a stage starts, from time to time while it goes on, and when
/// it is done. What comes in quick succession is written at once.
package final class ConsoleReport: Sendable {
    private struct State {
        var active: [ActiveStage] = []
        var stages = 0
        var ended = 0
        var startedAt = 0.0
        var nameWidth = 12
        /// Lines that aren't written yet.
        var pending = ""
        var writtenAt = -Double.infinity
        /// The live lines as they stand on the screen, the cursor at the first one's beginning.
        var drawn: [String] = []
        var isEnded = false
        /// Whether a line said already that a stage has no earlier execution: in a first run all of them would.
        var hasSaidFirst = false

        /// The reason to be shown.
        mutating func reason(_ why: String) -> String {
            guard why == Why.noEarlierExecution else { return why }
            defer { hasSaidFirst = true }
            return hasSaidFirst ? "" : why
        }
    }

    private static let mostPending = 64 << 10
    private static let secondsBetweenDrawings = 0.1

    private let terminal: Terminal
    private let clock: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter clock: Seconds from any moment on.
    package init(terminal: Terminal, clock: @escaping @Sendable () -> Double = { ConsoleReport.uptime }) {
        self.terminal = terminal
        self.clock = clock
    }

    package static var uptime: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    package func handle(_ event: RunEvent) {
        let now = clock()
        state.withLock { state in
            switch event {
            case .planned(_, let stages):
                state.startedAt = now
                state.stages = stages.count
                let longest = stages.map { terminal.canvas.spelled($0).columns }.max() ?? 12
                state.nameWidth = min(48, longest)
            case .started(let stage, let why):
                // It may have been sent back since what it reads was damaged.
                state.active.removeAll { $0.name == stage }
                state.active.append(ActiveStage(name: stage, startedAt: now))
                if terminal.isInteractive {
                    draw(&state, at: now)
                } else {
                    let canvas = terminal.canvas
                    let name = canvas.spelled(stage).padded(to: state.nameWidth)
                    let reason = state.reason(why)
                    let words = reason.isEmpty ? "runs" : "runs: \(canvas.spelled(reason))"
                    state.pending += "  \(canvas.sign("…", ">")) \(name)  \(words)\n"
                    flush(&state, at: now)
                }
            case .progress(let stage, let progress):
                guard let index = state.active.firstIndex(where: { $0.name == stage }) else { return }
                state.active[index].report(progress, at: now)
                step(&state, at: now)
            case .failedAttempt(let stage, let why):
                state.active.removeAll { $0.name == stage }
                let canvas = terminal.canvas
                let name = canvas.spelled(stage).padded(to: width(of: state, canvas))
                state.pending += "  \(canvas.styled(canvas.sign("✗", "x"), .yellow)) \(name)  \(canvas.spelled(why))\n"
                flush(&state, at: now)
            case .finished(let result):
                state.ended += 1
                state.active.removeAll { $0.name == result.name }
                let canvas = terminal.canvas
                var result = result
                if result.state == .executed { result.why = state.reason(result.why) }
                state.pending += result.line(nameWidth: width(of: state, canvas), canvas) + "\n"
                // Of these there may be hundreds at once.
                let isOneOfMany = result.state == .cached || result.state == .skipped
                if !isOneOfMany || state.pending.utf8.count > Self.mostPending { flush(&state, at: now) }
            case .gate(let gate):
                guard !gate.passed else { return }
                let canvas = terminal.canvas
                state.pending += gate.line(nameWidth: width(of: state, canvas), canvas) + "\n"
            }
        }
    }

    /// Draws anew what has changed by itself: times, and the sign that something is going on.
    package func tick() {
        let now = clock()
        state.withLock { step(&$0, at: now) }
    }

    /// Ticks until the task is cancelled.
    package func keepTicking() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(terminal.isInteractive ? 125 : 1000))
            tick()
        }
    }

    private func step(_ state: inout State, at now: Double) {
        guard !state.isEnded else { return }
        if terminal.isInteractive {
            if now - state.writtenAt >= Self.secondsBetweenDrawings { draw(&state, at: now) }
            return
        }
        for index in state.active.indices where state.active[index].isDue(at: now) {
            state.pending += state.active[index].plainLine(at: now, nameWidth: state.nameWidth, terminal.canvas) + "\n"
        }
        if !state.pending.isEmpty { flush(&state, at: now) }
    }

    private func flush(_ state: inout State, at now: Double) {
        if terminal.isInteractive {
            draw(&state, at: now)
        } else {
            terminal.write(state.pending)
            state.pending = ""
            state.writtenAt = now
        }
    }

    /// The names' columns, at most a good third of a narrow window.
    private func width(of state: State, _ canvas: Canvas) -> Int {
        canvas.isInteractive ? min(state.nameWidth, max(8, canvas.columns * 2 / 5)) : state.nameWidth
    }

    /// Writes the pending lines and below them the live ones, and goes back to the first of these.
    ///
    /// The cursor stays there, so that nothing need be known of how a window that changed its width broke the old lines: all
    /// from the cursor on is theirs.
    private func draw(_ state: inout State, at now: Double) {
        let canvas = terminal.canvas
        let lines = state.isEnded ? [] : liveLines(state, at: now, canvas)
        guard !state.pending.isEmpty || lines != state.drawn else { return }
        var text = state.drawn.isEmpty ? "" : "\r\u{1B}[J"
        text += state.pending + lines.joined(separator: "\n")
        if !lines.isEmpty { text += "\r" + (lines.count > 1 ? "\u{1B}[\(lines.count - 1)A" : "") }
        terminal.write(text)
        (state.pending, state.drawn, state.writtenAt) = ("", lines, now)
    }

    private func liveLines(_ state: State, at now: Double, _ canvas: Canvas) -> [String] {
        guard !state.active.isEmpty else { return [] }
        let tick = Int((now - state.startedAt) * 8)
        let width = width(of: state, canvas)
        // All of them have to be on the screen, or the way back to the first is barred.
        let room = max(1, canvas.rows - 2)
        let shown = state.active.count > room ? max(0, room - 1) : state.active.count
        var lines = state.active.prefix(shown).map { $0.line(at: now, tick: tick, nameWidth: width, canvas) }
        let hidden = state.active.count - shown
        if hidden > 0 { lines.append(canvas.cut("    and \(hidden) more", to: canvas.columns - 1)) }
        let counts = "\(state.ended) of \(counted(state.stages, "stage")) done, \(state.active.count) running"
        lines.append(canvas.styled(canvas.cut("  " + counts, to: canvas.columns - 1), .dim))
        return lines
    }
}

extension ConsoleReport {
    /// The end of a run: tables, what was counted, and where the report lies.
    private static let maximumGates = 12

    /// The gates with their values, the missed ones first, and how many more there are.
    private func summary(of gates: [GateResult], _ canvas: Canvas) -> String {
        let sorted = gates.filter { !$0.passed } + gates.filter(\.passed)
        let shown = sorted.prefix(max(Self.maximumGates, min(2 * Self.maximumGates, gates.count { !$0.passed })))
        let width = shown.map { canvas.spelled($0.stage).columns }.max() ?? 0
        var text = shown.map { $0.summary(nameWidth: min(width, 48), canvas) + "\n" }.joined()
        let rest = sorted.dropFirst(shown.count)
        let (missed, passed) = (rest.count { !$0.passed }, rest.count(where: \.passed))
        let counts = [(missed, "missed"), (passed, "passed")].filter { $0.0 > 0 }.map { "\($0.0) more \($0.1)" }
        if !counts.isEmpty { text += "  \(canvas.sign("…", "..."))  \(counts.joined(separator: ", "))\n" }
        return text
    }

    /// - Parameter page: The page about the run, if there is one.
    package func finish(_ result: RunResult, tables: [ResultTable], junit: URL, page: URL? = nil) {
        let count = { (state: StageState) in result.stages.filter { $0.state == state }.count }
        var counts = ["\(count(.executed)) executed", "\(count(.cached)) cached"]
        if count(.failed) > 0 { counts.append("\(count(.failed)) failed") }
        if count(.skipped) > 0 { counts.append("\(count(.skipped)) skipped") }
        var results = ""
        let canvas = terminal.canvas
        for table in tables {
            results += "\n" + table.text(width: canvas.isInteractive ? canvas.columns - 1 : nil) + "\n"
        }
        let gates = summary(of: result.gates, canvas)
        var text = ""
        if count(.executed) + count(.failed) + count(.skipped) == 0 {
            text += "Nothing to do: "
        }
        text +=
            "\(counted(result.stages.count, "stage")), \(counts.joined(separator: ", ")), in \(formatted(seconds: result.seconds))"
        if !result.gates.isEmpty {
            text += "; \(result.gates.filter(\.passed).count) of \(result.gates.count) gates passed"
        }
        // Said once, whatever the number of gates.
        var notes: [String] = []
        for case let past? in result.gates.map(\.past) where past.bound == nil && !notes.contains(past.origin) {
            notes.append(past.origin)
        }
        for note in notes { text += "\n\(note)" }
        text += "\nrun \(result.run), JUnit report \(junit.path)\n"
        if let page { text += "page \(page.path)\n" }
        let now = clock()
        state.withLock { state in
            state.active = []
            state.isEnded = true
            state.pending += canvas.spelled(results) + gates + canvas.spelled(text)
            flush(&state, at: now)
        }
    }
}
