import Foundation
import Pipelines

/// A stage at work, as its live line shows it.
struct ActiveStage: Sendable {
    let name: String
    /// Times are seconds of one clock.
    let startedAt: Double
    private var progress: StageProgress?
    /// Where the work stood when it was first heard of, and when: what a resumed training did before is no speed.
    private var first: (completed: Int, time: Double)?
    private var heardAt = 0.0
    /// When a line of its progress was last written where lines can't be redrawn.
    private var saidAt: Double

    init(name: String, startedAt: Double) {
        self.name = name
        self.startedAt = startedAt
        saidAt = startedAt
    }

    mutating func report(_ progress: StageProgress, at now: Double) {
        self.progress = progress
        heardAt = now
        if first.map({ progress.completed < $0.completed }) ?? true { first = (progress.completed, now) }
    }

    /// Whether it is time for a line of its own again: after half a minute, then ever more seldom, at last every five minutes.
    mutating func isDue(at now: Double) -> Bool {
        guard now - saidAt >= min(300, max(30, (saidAt - startedAt) / 4)) else { return false }
        saidAt = now
        return true
    }

    /// The seconds until it is done, at the speed since it was first heard of.
    private func secondsLeft(at now: Double) -> Double? {
        guard let progress, let first, progress.completed > first.completed, progress.total >= progress.completed,
            heardAt - first.time >= 1
        else { return nil }
        let speed = Double(progress.completed - first.completed) / (heardAt - first.time)
        return Double(progress.total - progress.completed) / speed - (now - heardAt)
    }

    /// Where it stands, the most important first.
    private func facts(at now: Double, _ canvas: Canvas) -> [String] {
        let elapsed = formatted(wholeSeconds: now - startedAt)
        guard let progress, progress.total > 0 else { return [elapsed] }
        var facts = [canvas.spelled("\(progress.completed)/\(progress.total) \(progress.unit)")]
        facts.append(secondsLeft(at: now).map { formatted(wholeSeconds: $0) + " left" } ?? elapsed)
        if let loss = progress.loss { facts.append(String(format: "loss %.4f", loss)) }
        if let rate = progress.tokensPerSecond, rate.isFinite, abs(rate) < 1e15 {
            facts.append("\(Int(rate)) tokens/s")
        }
        return facts
    }

    /// Its live line, in less than the canvas's columns; `tick` turns the sign in front.
    func line(at now: Double, tick: Int, nameWidth: Int, _ canvas: Canvas) -> String {
        let frames = canvas.isUnicode ? ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] : ["|", "/", "-", "\\"]
        let room = canvas.columns - 1
        let name = canvas.cut(canvas.spelled(self.name), to: min(nameWidth, max(8, room / 2 - 4)))
        let start = "  \(frames[tick % frames.count]) \(name.padded(to: min(nameWidth, max(8, room / 2 - 4))))"
        var text = start
        var left = room - start.columns
        var facts = facts(at: now, canvas)
        // Rather the time left than what the steps are called.
        if facts.count > 1, facts[0].columns + facts[1].columns + 4 > left {
            facts[0] = String(facts[0].prefix { $0 != " " })
        }
        // A bar only where there is room for all else.
        let wanted = facts.reduce(0) { $0 + 2 + $1.columns }
        if let progress, progress.total > 0, left - wanted >= 7 {
            let width = min(20, left - wanted - 2)
            let share = min(1, max(0, Double(progress.completed) / Double(progress.total)))
            let filled = Int((share * Double(width)).rounded(.down))
            text += "  " + String(repeating: canvas.sign("█", "#"), count: filled)
            text += String(repeating: canvas.sign("░", "."), count: width - filled)
            left -= width + 2
        }
        for fact in facts where left >= fact.columns + 2 {
            text += "  " + fact
            left -= fact.columns + 2
        }
        return canvas.cut(text, to: room)
    }

    /// A plain line of its progress.
    func plainLine(at now: Double, nameWidth: Int, _ canvas: Canvas) -> String {
        let name = canvas.spelled(name).padded(to: nameWidth)
        return "  \(canvas.sign("…", ".")) \(name)  \(facts(at: now, canvas).joined(separator: "  "))"
    }
}

/// `0 s`, `59 s`, `3 min 05 s`, `2 h 10 min`.
private func formatted(wholeSeconds seconds: Double) -> String {
    let whole = max(0, seconds).rounded()
    return whole < 60 ? "\(Int(whole)) s" : formatted(seconds: whole)
}
