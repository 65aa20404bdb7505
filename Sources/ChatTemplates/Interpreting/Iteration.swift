/// Python's iteration over a value.
struct Iteration {
    private enum Source {
        case values([Value])
        case scalars(String.UnicodeScalarView.Iterator)
        case range(IntegerRange)
        case lazy(LazySequence)
    }

    private var source: Source
    private var index = 0

    /// - Throws: If the value can't be iterated over.
    init(_ value: Value) throws(TemplateError) {
        switch value {
        case .undefined: source = .values([])
        case .list(let elements), .tuple(let elements), .view(_, let elements): source = .values(elements.values)
        case .dictionary(let dictionary): source = .values(dictionary.pairs.map(\.key))
        case .string(let text), .markup(let text): source = .scalars(text.unicodeScalars.makeIterator())
        case .range(let range): source = .range(range)
        case .lazy(let sequence): source = .lazy(sequence)
        default: throw .rendering("'\(value.typeName)' object is not iterable")
        }
    }

    mutating func next() throws(TemplateError) -> Value? {
        switch source {
        case .values(let values):
            guard index < values.count else { return nil }
            index += 1
            return values[index - 1]
        case .scalars(var iterator):
            let scalar = iterator.next()
            source = .scalars(iterator)
            return scalar.map { .string(String($0)) }
        case .range(let range):
            guard index < range.count else { return nil }
            index += 1
            return range.value(at: index - 1)
        case .lazy(let sequence): return try sequence.next()
        }
    }

    /// All of a value's elements.
    static func all(_ value: Value, _ budget: Budget) throws(TemplateError) -> [Value] {
        if case .list(let elements) = value {
            try budget.charge(elements.values.count)
            return elements.values
        }
        var iteration = try Iteration(value)
        var values: [Value] = []
        while let next = try iteration.next() {
            try budget.charge(1)
            values.append(next)
        }
        return values
    }
}
