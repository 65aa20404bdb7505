/// Cuts text at the matches of a pattern.
struct Split: Sendable, Hashable {
    /// What becomes of the matches.
    enum Behavior: String, Sendable, Hashable {
        case removed = "Removed"
        case isolated = "Isolated"
        case mergedWithPrevious = "MergedWithPrevious"
        case mergedWithNext = "MergedWithNext"
        case contiguous = "Contiguous"
    }

    var pattern: SplitPattern
    var behavior: Behavior
    /// Whether matches are the text and what is between them the cuts.
    var isInverted = false

    /// Whether the matches themselves are the pieces.
    var isTiling: Bool { pattern.covers && (behavior == .isolated || behavior == .removed && isInverted) }

    /// Appends the pieces of a text to `pieces`.
    func apply(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, into pieces: inout [Range<Int>]
    ) throws(TokenizerError) {
        if isTiling {
            try pattern.forEachMatch(base, range) { pieces.append($0) }
            return
        }
        var parts: [(range: Range<Int>, isMatch: Bool)] = []
        var done = range.lowerBound
        try pattern.forEachMatch(base, range) { match in
            if done < match.lowerBound { parts.append((done..<match.lowerBound, isInverted)) }
            parts.append((match, !isInverted))
            done = match.upperBound
        }
        if done < range.upperBound { parts.append((done..<range.upperBound, isInverted)) }

        switch behavior {
        case .isolated: pieces += parts.lazy.map(\.range).filter { !$0.isEmpty }
        case .removed: pieces += parts.lazy.filter { !$0.isMatch }.map(\.range).filter { !$0.isEmpty }
        case .contiguous: pieces += merged(parts) { $0 == $1 }
        case .mergedWithPrevious: pieces += merged(parts) { !$0 && $1 }
        case .mergedWithNext:
            pieces += mergedBackwards(parts)
        }
    }

    /// Joins each part with the one before where `joins` says so of whether they are matches.
    private func merged(
        _ parts: [(range: Range<Int>, isMatch: Bool)], _ joins: (_ previous: Bool, _ this: Bool) -> Bool
    ) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var previous = false
        for part in parts {
            if joins(previous, part.isMatch), let last = result.last {
                result[result.count - 1] = last.lowerBound..<part.range.upperBound
            } else {
                result.append(part.range)
            }
            previous = part.isMatch
        }
        return result.filter { !$0.isEmpty }
    }

    private func mergedBackwards(_ parts: [(range: Range<Int>, isMatch: Bool)]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var previous = false
        for part in parts.reversed() {
            if part.isMatch, !previous, let last = result.last {
                result[result.count - 1] = part.range.lowerBound..<last.upperBound
            } else {
                result.append(part.range)
            }
            previous = part.isMatch
        }
        return result.reversed().filter { !$0.isEmpty }
    }
}
