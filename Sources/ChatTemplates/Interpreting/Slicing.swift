/// Python's `value[from:to:by]`.
enum Slicing {
    static func slice(
        _ value: Value, _ from: Value, _ to: Value, _ by: Value, _ budget: Budget
    ) throws(TemplateError) -> Value {
        let bounds = try [from, to, by].map { (bound) throws(TemplateError) -> Int? in
            if case .none = bound { return nil }
            if case .undefined(let why) = bound { throw .rendering(why) }
            guard let integer = bound.integer else {
                throw .rendering("slice indices must be integers or None, not \(bound.typeName)")
            }
            return integer
        }
        switch value {
        case .string(let text):
            try budget.charge(bytes: text.utf8.count)
            let scalars = Array(text.unicodeScalars)
            var view = String.UnicodeScalarView()
            for index in try indices(bounds, scalars.count) { view.append(scalars[index]) }
            return .string(String(view))
        case .list(let elements): return .list(try picked(elements, bounds, budget))
        case .tuple(let elements): return .tuple(try picked(elements, bounds, budget))
        case .range: throw .unsupported("slices of a range are not supported")
        case .markup: throw .unsupported("slices of a text marked as HTML are not supported")
        case .undefined(let why): throw .rendering(why)
        default: throw .rendering("'\(value.typeName)' object is not subscriptable by slices")
        }
    }

    private static func picked(_ elements: Elements, _ bounds: [Int?], _ budget: Budget) throws(TemplateError)
        -> Elements
    {
        try budget.charge(elements.values.count)
        return try Elements(try indices(bounds, elements.values.count).map { elements.values[$0] })
    }

    private static func indices(_ bounds: [Int?], _ count: Int) throws(TemplateError) -> [Int] {
        let step = bounds[2] ?? 1
        guard step != 0 else { throw .rendering("slice step cannot be zero") }
        func clamped(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            let lowest = step > 0 ? 0 : -1
            let highest = step > 0 ? count : count - 1
            return bound < 0 ? max(bound + count, lowest) : min(bound, highest)
        }
        let start = clamped(bounds[0], step > 0 ? 0 : count - 1)
        let stop = clamped(bounds[1], step > 0 ? count : -1)
        // A larger step has the same effect, and doesn't overflow.
        return Array(stride(from: start, to: stop, by: max(-count - 1, min(step, count + 1))))
    }
}
