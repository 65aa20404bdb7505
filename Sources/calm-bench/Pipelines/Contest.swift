import Foundation

/// One row: the same work by each tool that is there, or several commands of `calm` alone.
struct Contest: Sendable {
    let name: String
    let summary: String
    let goals: [Goal]
    /// The entrants of a tool; none if it can't do this work.
    let prepare: @Sendable (Ground) throws -> [Entrant]

    init(
        _ name: String, _ summary: String, goals: [Goal] = [], prepare: @escaping @Sendable (Ground) throws -> [Entrant]
    ) {
        self.name = name
        self.summary = summary
        self.goals = goals
        self.prepare = prepare
    }

    /// All entrants in turns.
    func hold(on ground: Ground, repeats: Int) throws -> Outcome {
        defer { try? FileManager.default.removeItem(at: ground.folder.appendingPathComponent(name)) }
        let entrants = try prepare(ground)
        var lines = entrants.map { Line(name: $0.name, tool: $0.tool, amount: $0.gibibytes) }
        for turn in 0..<repeats {
            for (index, entrant) in entrants.enumerated() where turn < entrant.mostRepeats ?? repeats {
                try entrant.reset?()
                // What resetting left to be written mustn't be charged to whoever is next to ask for durability.
                if entrant.reset != nil { sync() }
                let run = try entrant.measure()
                lines[index].wall.add(run.seconds)
                lines[index].cpu.add(run.cpuSeconds)
            }
        }
        return Outcome(name: name, summary: summary, lines: lines, verdicts: goals.compactMap { $0.judge(lines) })
    }
}

/// Somebody's turn in a contest.
struct Entrant {
    /// `ninja`, or `calm plan`.
    let name: String
    let tool: Tool
    /// For what takes minutes.
    let mostRepeats: Int?
    /// How much is read or written, where speed is what counts.
    let gibibytes: Double?
    /// Makes the turn's start, unmeasured.
    let reset: (() throws -> Void)?
    let measure: () throws -> TimedProcess.Measurement

    init(
        _ name: String, _ tool: Tool, mostRepeats: Int? = nil, gibibytes: Double? = nil,
        reset: (() throws -> Void)? = nil, measure: @escaping () throws -> TimedProcess.Measurement
    ) {
        self.name = name
        self.tool = tool
        self.mostRepeats = mostRepeats
        self.gibibytes = gibibytes
        self.reset = reset
        self.measure = measure
    }
}

/// What an entrant's turns came to.
struct Line: Encodable {
    let name: String
    let tool: Tool
    let gibibytes: Double?
    var wall: Samples
    var cpu: Samples

    init(name: String, tool: Tool, amount: Double?) {
        self.name = name
        self.tool = tool
        gibibytes = amount
        wall = Samples(name, .seconds)
        cpu = Samples(name, .seconds)
    }
}

/// What a row is meant to come to; wall time, except where a core's speed is meant.
enum Goal: CustomStringConvertible {
    /// Our entrant takes at most so many times what theirs takes.
    case within(Double, of: String, ours: String = "calm")
    case faster(Double, than: String, ours: String = "calm")
    case below(Double, ours: String = "calm")
    /// Gigabytes a second of processor time.
    case gigabytesPerCore(Double, ours: String = "calm")

    var description: String {
        switch self {
        case .within(let factor, let peer, let ours): "\(ours) within \(decimals(factor, 0)) × \(peer)"
        case .faster(let factor, let peer, let ours): "\(ours) at least \(decimals(factor, 0)) × as fast as \(peer)"
        case .below(let seconds, let ours): "\(ours) in less than \(decimals(seconds, 1)) s"
        case .gigabytesPerCore(let rate, let ours): "\(ours) at least \(decimals(rate, 1)) GB/s a core"
        }
    }

    /// Nil if somebody wasn't there.
    func judge(_ lines: [Line]) -> Verdict? {
        func wall(_ name: String) -> Double? { lines.first { $0.name == name }?.wall.median }
        switch self {
        case .within(let factor, let peer, let ours):
            guard let mine = wall(ours), let theirs = wall(peer) else { return nil }
            return Verdict(
                goal: description, found: "\(decimals(mine / theirs, 1)) × \(peer)", isMet: mine <= factor * theirs)
        case .faster(let factor, let peer, let ours):
            guard let mine = wall(ours), let theirs = wall(peer) else { return nil }
            return Verdict(
                goal: description, found: "\(decimals(theirs / mine, 1)) × as fast as \(peer)",
                isMet: theirs >= factor * mine)
        case .below(let seconds, let ours):
            guard let mine = wall(ours) else { return nil }
            return Verdict(goal: description, found: "\(decimals(mine, 2)) s", isMet: mine < seconds)
        case .gigabytesPerCore(let rate, let ours):
            guard let line = lines.first(where: { $0.name == ours }), let amount = line.gibibytes else { return nil }
            let found = amount * 0x1p30 / 1e9 / line.cpu.median
            return Verdict(goal: description, found: "\(decimals(found, 2)) GB/s a core", isMet: found >= rate)
        }
    }
}

struct Verdict: Encodable {
    let goal: String
    let found: String
    let isMet: Bool
}
