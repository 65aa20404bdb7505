import Foundation
import Pipelines
import Synchronization

/// A run as lines on a terminal: one a stage when it is done, and below them a live line for each stage at work.
///
/// Where lines can't be redrawn there are only plain lines: when a long stage starts, and when a stage is done.
package final class ConsoleReport: Sendable {
    private struct Active {
        let stage: String
        let startedAt: ContinuousClock.Instant
        var progress: StageProgress?
    }

    private struct State {
        var active: [Active] = []
        var drawnLines = 0
        var lastDraw: ContinuousClock.Instant?
        var nameWidth = 12
    }

    private let terminal: Terminal
    private let state = Mutex(State())

    package init(terminal: Terminal) { self.terminal = terminal }

    package func handle(_ event: RunEvent) {
        state.withLock { state in
            switch event {
            case .planned(_, let stages):
                state.nameWidth = min(48, stages.map(\.count).max() ?? 12)
            case .started(let stage, let why):
                state.active.append(Active(stage: stage, startedAt: .now))
                if !terminal.isInteractive {
                    terminal.write("  … \(pad(stage, state.nameWidth))  runs: \(why)\n")
                }
                redraw(&state, force: true)
            case .progress(let stage, let progress):
                guard let index = state.active.firstIndex(where: { $0.stage == stage }) else { return }
                state.active[index].progress = progress
                redraw(&state, force: false)
            case .finished(let result):
                state.active.removeAll { $0.stage == result.name }
                erase(&state)
                terminal.write(line(for: result, width: state.nameWidth))
                redraw(&state, force: true)
            case .gate(let gate):
                guard !gate.passed else { return }
                erase(&state)
                terminal.write(
                    "  \(terminal.styled("✗", .red)) \(pad(gate.stage, state.nameWidth))  "
                        + "gate missed: \(gate.metric) expected \(gate.expectation), found \(gate.finding)\n")
                redraw(&state, force: true)
            }
        }
    }

    private func line(for result: StageResult, width: Int) -> String {
        let mark =
            switch result.state {
            case .cached: terminal.styled("=", .dim)
            case .executed: terminal.styled("✓", .green)
            case .failed: terminal.styled("✗", .red)
            case .skipped: terminal.styled("-", .yellow)
            }
        let name = pad(result.name, width)
        let detail: String
        switch result.state {
        case .cached: detail = terminal.styled("cached", .dim)
        case .executed:
            let time = "run     \(formatted(seconds: result.seconds))  "
            // A reason may be cut to keep the line whole; a failure never is.
            let room = terminal.isInteractive ? terminal.width - name.count - time.count - 7 : result.why.count
            let why = result.why.count <= room ? result.why : result.why.prefix(max(0, room - 1)) + "…"
            detail = time + terminal.styled(String(why), .dim)
        case .failed: detail = terminal.styled("failed", .red) + "  " + (result.failure?.message ?? result.why)
        case .skipped: detail = terminal.styled("skipped", .yellow) + " " + result.why
        }
        return "  \(mark) \(name)  \(detail)\n"
    }

    /// The live line of a stage at work, no wider than the terminal.
    private func line(for active: Active, width: Int) -> String {
        let elapsed = Double(active.startedAt.duration(to: .now).components.seconds)
        var text = "  ▸ \(pad(active.stage, width))  "
        if let progress = active.progress, progress.total > 0 {
            let share = min(1, Double(progress.completed) / Double(progress.total))
            let filled = Int((share * 20).rounded())
            text += String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
            text += " \(progress.completed)/\(progress.total) \(progress.unit)"
            if let loss = progress.loss { text += String(format: "  loss %.4f", loss) }
            if let rate = progress.tokensPerSecond, rate.isFinite { text += "  \(Int(rate)) tokens/s" }
            if share > 0.02, elapsed >= 1 { text += "  \(formatted(seconds: elapsed * (1 - share) / share)) left" }
        } else {
            text += formatted(seconds: elapsed)
        }
        return String(text.prefix(max(10, terminal.width - 1)))
    }

    private func erase(_ state: inout State) {
        if state.drawnLines > 0 { terminal.write("\u{1B}[\(state.drawnLines)A\r\u{1B}[J") }
        state.drawnLines = 0
    }

    private func redraw(_ state: inout State, force: Bool) {
        guard terminal.isInteractive else { return }
        if !force, let last = state.lastDraw, last.duration(to: .now) < .milliseconds(100) { return }
        erase(&state)
        state.lastDraw = .now
        for active in state.active { terminal.write(line(for: active, width: state.nameWidth) + "\n") }
        state.drawnLines = state.active.count
    }

    fileprivate func write(_ text: String) { terminal.write(text) }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension ConsoleReport {
    /// The end of a run: tables, what was counted, and where the report lies.
    package func finish(_ result: RunResult, tables: [ResultTable], junit: URL) {
        let count = { (state: StageState) in result.stages.filter { $0.state == state }.count }
        var counts = ["\(count(.executed)) executed", "\(count(.cached)) cached"]
        if count(.failed) > 0 { counts.append("\(count(.failed)) failed") }
        if count(.skipped) > 0 { counts.append("\(count(.skipped)) skipped") }
        var text = ""
        for table in tables { text += "\n" + table.text + "\n" }
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
        write(text)
    }
}
