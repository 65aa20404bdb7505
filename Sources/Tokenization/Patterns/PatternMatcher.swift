/// Runs a pattern over a text.
struct PatternMatcher {
    private let program: PatternProgram
    private let base: UnsafePointer<UInt8>
    private let range: Range<Int>
    private var stack: [Choice] = []
    private var steps = 0
    /// A match may go back a few times a character; a pattern that needs more is hopeless.
    private let mostSteps: Int
    /// Whether what was found would have been looked at again had the text gone on.
    private var touchedEnd = false

    /// What is tried next if the present way fails.
    private struct Choice {
        var instruction: Int
        var position: Int
        /// A run may still give back, or take, characters until here.
        var limit: Int
        /// Whether the run grows: -1 if this is no run.
        var set: Int
    }

    init(_ program: PatternProgram, _ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
        self.program = program
        self.base = base
        self.range = range
        mostSteps = 1_000_000 + 4 * range.count
    }

    /// Calls `body` with each match, as Oniguruma's crate finds them: none is empty right after another.
    mutating func forEachMatch(_ body: (Range<Int>) throws(TokenizerError) -> Void) throws(TokenizerError) {
        var start = range.lowerBound
        var last: Int?
        while start <= range.upperBound {
            var place = start
            var end: Int?
            while place <= range.upperBound {
                steps = 0
                end = try match(0, place)
                if end != nil || place == range.upperBound { break }
                place += UTF8Scanning.length(base[place])
            }
            guard let end else { return }
            if end == place, last == end {
                if start >= range.upperBound { return }
                start += UTF8Scanning.length(base[start])
                continue
            }
            try body(place..<end)
            start = end
            last = end
        }
    }

    /// Calls `body` with each match that stays what it is whatever comes behind the text, and returns where the first begins
    /// of which that isn't known: there the search came upon the end of the text.
    mutating func forEachSettledMatch(_ body: (Range<Int>) -> Void) throws(TokenizerError) -> Int {
        var place = range.lowerBound
        while place < range.upperBound {
            (steps, touchedEnd) = (0, false)
            let end = try match(0, place)
            if touchedEnd { return place }
            if let end, end > place {
                body(place..<end)
                place = end
            } else {
                place += UTF8Scanning.length(base[place])
            }
        }
        return range.upperBound
    }

    /// Where a match that begins at `position` ends.
    private mutating func match(_ instruction: Int, _ position: Int) throws(TokenizerError) -> Int? {
        let bottom = stack.count
        var instruction = instruction
        var position = position
        while true {
            var holds = true
            switch program.instructions[instruction] {
            case .done:
                stack.removeSubrange(bottom...)
                return position
            case .fail: holds = false
            case .set(let set):
                if position < range.upperBound {
                    let (scalar, length) = UTF8Scanning.scalar(base, position)
                    holds = program.sets[set].contains(scalar)
                    position += length
                } else {
                    touchedEnd = true
                    holds = false
                }
                instruction += 1
            case .run(let set, let minimum, let maximum, let mode):
                holds = run(set, minimum, maximum, mode, instruction, &position)
                instruction += 1
            case .branch(let first, let second):
                stack.append(Choice(instruction: second, position: position, limit: position, set: -1))
                instruction = first
            case .jump(let target): instruction = target
            case .look(let isNegative, let behind, let next):
                var start: Int? = position
                if let behind { start = back(position, behind) }
                let found = try start.flatMap { start throws(TokenizerError) in try match(instruction + 1, start) }
                holds = (found != nil) != isNegative
                instruction = next
            case .atomic(let next):
                if let end = try match(instruction + 1, position) { position = end } else { holds = false }
                instruction = next
            case .anchor(let anchor):
                holds = isAt(anchor, position)
                instruction += 1
            }
            if holds { continue }
            steps += 1
            if steps > mostSteps {
                throw TokenizerError("text: the pattern takes more than \(mostSteps) steps at one place")
            }
            guard stack.count > bottom, let choice = stack.popLast() else { return nil }
            resume(choice, &instruction, &position)
        }
    }

    /// Takes characters of a set; leaves behind how many more, or fewer, there may be.
    private mutating func run(
        _ set: Int, _ minimum: Int, _ maximum: Int, _ mode: PatternNode.Mode, _ instruction: Int,
        _ position: inout Int
    ) -> Bool {
        let wanted = mode == .lazy ? minimum : maximum
        var count = 0
        var least = minimum == 0 ? position : -1
        let members = program.sets[set]
        while count < wanted, position < range.upperBound {
            let (scalar, length) = UTF8Scanning.scalar(base, position)
            guard members.contains(scalar) else { break }
            position += length
            count += 1
            if count == minimum { least = position }
        }
        if count < wanted, position == range.upperBound { touchedEnd = true }
        if count < minimum { return false }
        switch mode {
        case .possessive: break
        case .greedy:
            if position > least {
                stack.append(Choice(instruction: instruction + 1, position: position, limit: least, set: -1))
            }
        case .lazy:
            if count < maximum {
                let more = maximum == .max ? Int.max : maximum - count
                stack.append(Choice(instruction: instruction + 1, position: position, limit: more, set: set))
            }
        }
        return true
    }

    private mutating func resume(_ choice: Choice, _ instruction: inout Int, _ position: inout Int) {
        instruction = choice.instruction
        position = choice.position
        if choice.set >= 0 {
            // A lazy run takes one character more.
            guard position < range.upperBound else {
                touchedEnd = true
                return fail(&instruction)
            }
            let (scalar, length) = UTF8Scanning.scalar(base, position)
            guard program.sets[choice.set].contains(scalar) else { return fail(&instruction) }
            position += length
            if choice.limit > 1 {
                let more = choice.limit == .max ? Int.max : choice.limit - 1
                stack.append(Choice(instruction: instruction, position: position, limit: more, set: choice.set))
            }
        } else if choice.limit < choice.position {
            // A greedy run gives one back.
            position = UTF8Scanning.start(before: position, base)
            if position > choice.limit {
                stack.append(Choice(instruction: instruction, position: position, limit: choice.limit, set: -1))
            }
        }
    }

    /// Goes on where nothing matches.
    private func fail(_ instruction: inout Int) { instruction = program.failure }

    private func back(_ position: Int, _ count: Int) -> Int? {
        var place = position
        for _ in 0..<count {
            guard place > range.lowerBound else { return nil }
            place = UTF8Scanning.start(before: place, base)
        }
        return place
    }

    private mutating func isAt(_ anchor: PatternNode.Anchor, _ position: Int) -> Bool {
        if position == range.upperBound, anchor != .textStart { touchedEnd = true }
        switch anchor {
        case .textStart: return position == range.lowerBound
        case .textEnd: return position == range.upperBound
        case .lineStart:
            return position == range.lowerBound || base[position - 1] == 0x0A && position < range.upperBound
        case .lineEnd: return position == range.upperBound || base[position] == 0x0A
        case .wordBoundary(let wanted):
            let before =
                position > range.lowerBound
                && PatternTables.words.contains(
                    UTF8Scanning.scalar(base, UTF8Scanning.start(before: position, base)).value)
            let after =
                position < range.upperBound && PatternTables.words.contains(UTF8Scanning.scalar(base, position).value)
            return (before != after) == wanted
        }
    }
}
