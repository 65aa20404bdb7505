/// The variable `loop`, and what drives it.
final class Loop {
    private var iteration: Iteration
    private let knownCount: Int?
    private let passes: ((Value) throws(TemplateError) -> Bool)?
    /// Read ahead, for `last` and `nextitem`.
    private var ahead: [Value] = []
    private var aheadStart = 0
    private(set) var index0 = -1
    private(set) var current: Value?
    private(set) var previous: Value?
    private var isExhausted = false
    private var totalCount: Int?
    private var lastChanged: [Value]?
    let depth0: Int
    let depth: Int
    /// Renders the loop's body over other values, if it is recursive.
    let recurse: ((Value, Int) throws(TemplateError) -> String)?
    private let budget: Budget

    /// - Parameter passes: The loop's `if`, asked when a value's turn comes. Nil if it has none.
    init(
        over value: Value, depth0: Int, budget: Budget, passes: ((Value) throws(TemplateError) -> Bool)?,
        recurse: ((Value, Int) throws(TemplateError) -> String)?
    ) throws(TemplateError) {
        iteration = try Iteration(value)
        depth = try Value.depth(over: [value])
        knownCount = passes == nil ? value.count : nil
        self.passes = passes
        self.depth0 = depth0
        self.recurse = recurse
        self.budget = budget
    }

    /// Moves to the next value.
    func next() throws(TemplateError) -> Value? {
        var value = ahead.isEmpty ? try pull() : nil
        if ahead.count > 0, aheadStart < ahead.count {
            value = ahead[aheadStart]
            aheadStart += 1
            if aheadStart == ahead.count { (ahead, aheadStart) = ([], 0) }
        }
        guard let value else { return nil }
        index0 += 1
        previous = current
        current = value
        return value
    }

    private func pull() throws(TemplateError) -> Value? {
        guard !isExhausted else { return nil }
        while let value = try iteration.next() {
            try budget.charge(1)
            guard let passes else { return value }
            if try passes(value) { return value }
        }
        isExhausted = true
        return nil
    }

    /// The value after the current one.
    func following() throws(TemplateError) -> Value? {
        if ahead.isEmpty, let value = try pull() { ahead.append(value) }
        return aheadStart < ahead.count ? ahead[aheadStart] : nil
    }

    /// How many turns there are in all; reads a lazy sequence to its end.
    func count() throws(TemplateError) -> Int {
        if let knownCount { return knownCount }
        if let totalCount { return totalCount }
        while let value = try pull() { ahead.append(value) }
        let count = index0 + 1 + ahead.count - aheadStart
        totalCount = count
        return count
    }

    /// True if called with other values than the last time.
    func changed(_ values: [Value]) throws(TemplateError) -> Bool {
        if let lastChanged, lastChanged.count == values.count {
            var isSame = true
            for (a, b) in zip(lastChanged, values) where try !Value.equal(a, b, budget) { isSame = false }
            if isSame { return false }
        }
        lastChanged = values
        return true
    }
}

extension Value {
    /// `len(value)`, if it has one.
    var count: Int? {
        switch self {
        case .undefined: 0
        case .string(let text), .markup(let text): text.unicodeScalars.count
        case .list(let elements), .tuple(let elements), .view(_, let elements): elements.values.count
        case .dictionary(let dictionary): dictionary.pairs.count
        case .range(let range): range.count
        case .loop(let loop): try? loop.count()
        default: nil
        }
    }
}
