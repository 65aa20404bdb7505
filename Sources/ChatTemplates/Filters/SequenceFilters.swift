extension Filters {
    static let sequenceFilters: [String: Call] = [
        "length": length, "count": length, "list": toList, "first": first, "last": last, "join": join,
        "reverse": reverse,
        "items": items, "sort": sort, "unique": unique, "batch": batch, "slice": slice, "groupby": groupBy,
        "dictsort": sortDictionary,
        "min": { (v, a, i) throws(TemplateError) in try extreme(v, a, i, "min") },
        "max": { (v, a, i) throws(TemplateError) in try extreme(v, a, i, "max") },
        "sum": sum,
    ]

    private static let length: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("length", [])
        if case .string(let text) = value { try interpreter.budget.charge(bytes: text.utf8.count) }
        guard let count = value.count else { throw .rendering("object of type '\(value.typeName)' has no len()") }
        return .integer(count)
    }

    private static let toList: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("list", [])
        return try list(try Iteration.all(value, interpreter.budget))
    }

    private static let first: Call = { (value, arguments, _) throws(TemplateError) in
        _ = try arguments.bound("first", [])
        var iteration = try Iteration(value)
        return try iteration.next() ?? .undefined("No first item, sequence was empty.")
    }

    private static let last: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("last", [])
        return try reversed(value, interpreter).last ?? .undefined("No last item, sequence was empty.")
    }

    /// The elements of what Python can reverse, in their order.
    private static func reversed(_ value: Value, _ interpreter: Interpreter) throws(TemplateError) -> [Value] {
        switch value {
        case .list, .tuple, .string, .dictionary, .range, .view: return try Iteration.all(value, interpreter.budget)
        // It has a length and elements, which is enough for `reversed`.
        case .undefined: return []
        default: throw .rendering("'\(value.typeName)' object is not reversible")
        }
    }

    private static let reverse: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("reverse", [])
        if case .string(let text) = value {
            try interpreter.budget.charge(bytes: text.utf8.count)
            return .string(PythonText.text(text.unicodeScalars.reversed()))
        }
        if case .lazy = value { return try list(try Iteration.all(value, interpreter.budget).reversed()) }
        let values = try reversed(value, interpreter)
        var index = values.count
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                index -= 1
                return index >= 0 ? values[index] : nil
            })
    }

    private static let join: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("join", ["d", "attribute"])
        let budget = interpreter.budget
        let path = try path(values[1])
        var parts: [String] = []
        for element in try Iteration.all(value, budget) {
            parts.append(try Filters.value(along: path, of: element, interpreter).text(budget))
        }
        return .string(try joined(parts, try (values[0] ?? .string("")).text(budget), budget))
    }

    private static let items: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("items", [])
        var index = 0
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                if value.isUndefined { return nil }
                guard case .dictionary(let dictionary) = value else {
                    throw .rendering("Can only get item pairs from a mapping.")
                }
                guard index < dictionary.pairs.count else { return nil }
                index += 1
                let pair = dictionary.pairs[index - 1]
                return .tuple(try Elements([pair.key, pair.value]))
            })
    }

    private static let sort: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("sort", ["reverse", "case_sensitive", "attribute"])
        let isSensitive = values[1]?.isTrue ?? false
        var paths = [try path(values[2])]
        if case .string(let text)? = values[2] {
            paths = []
            for part in PythonText.split(text, ",", limit: -1, fromRight: false) {
                paths.append(try path(.string(part)))
            }
        }
        var keyed: [(key: Value, value: Value)] = []
        for element in try Iteration.all(value, interpreter.budget) {
            var keys: [Value] = []
            for path in paths {
                keys.append(caseless(try Filters.value(along: path, of: element, interpreter), isSensitive))
            }
            keyed.append((try list(keys), element))
        }
        return try list(try Value.sorted(keyed, reverse: values[0]?.isTrue ?? false, interpreter.budget))
    }

    private static let unique: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("unique", ["case_sensitive", "attribute"])
        let path = try path(values[1])
        let isSensitive = values[0]?.isTrue ?? false
        var iteration = try Iteration(value)
        var seen: Set<HashKey> = []
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                while let element = try iteration.next() {
                    let key = caseless(try Filters.value(along: path, of: element, interpreter), isSensitive)
                    if seen.insert(try HashKey(key, interpreter.budget)).inserted { return element }
                }
                return nil
            })
    }

    private static let batch: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("batch", ["linecount", "fill_with"], required: 1)
        let size = try Arguments.integer(values[0], 1, "batch")
        var iteration = try Iteration(value)
        var pending: [Value] = []
        var isDone = false
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                guard !isDone else { return nil }
                while let element = try iteration.next() {
                    try interpreter.budget.charge(1)
                    if pending.count == size {
                        let full = pending
                        pending = [element]
                        return try list(full)
                    }
                    pending.append(element)
                }
                isDone = true
                guard !pending.isEmpty else { return nil }
                if let fill = values[1], !fill.isNone, pending.count < size {
                    try interpreter.budget.charge(size)
                    pending += repeatElement(fill, count: size - pending.count)
                }
                return try list(pending)
            })
    }

    private static let slice: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("slice", ["slices", "fill_with"], required: 1)
        let slices = try Arguments.integer(values[0], 1, "slice")
        let elements = try Iteration.all(value, interpreter.budget)
        guard slices != 0 else { throw .rendering("integer division or modulo by zero") }
        var number = 0
        var start = 0
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                guard number < slices else { return nil }
                try interpreter.budget.charge(1)
                let isLonger = number < elements.count % slices
                let end = start + elements.count / slices + (isLonger ? 1 : 0)
                var part = Array(elements[start..<end])
                if let fill = values[1], !fill.isNone, !isLonger { part.append(fill) }
                number += 1
                start = end
                return try list(part)
            })
    }

    private static let groupBy: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("groupby", ["attribute", "default", "case_sensitive"], required: 1)
        let budget = interpreter.budget
        let path = try path(values[0])
        let isSensitive = values[2]?.isTrue ?? false
        var keyed: [(key: Value, value: Value)] = []
        for element in try Iteration.all(value, budget) {
            let key = try Filters.value(along: path, of: element, fallback: values[1], interpreter)
            let pair = Value.tuple(try Elements([caseless(key, isSensitive), key, element]))
            keyed.append((caseless(key, isSensitive), pair))
        }
        var groups: [(folded: Value, key: Value, members: [Value])] = []
        for entry in try Value.sorted(keyed, reverse: false, budget) {
            guard case .tuple(let parts) = entry else { continue }
            if let last = groups.last, try Value.equal(last.folded, parts.values[0], budget) {
                groups[groups.count - 1].members.append(parts.values[2])
            } else {
                groups.append((parts.values[0], parts.values[1], [parts.values[2]]))
            }
        }
        var result: [Value] = []
        for group in groups { result.append(.tuple(try Elements([group.key, try list(group.members)]))) }
        return try list(result)
    }

    private static let sortDictionary: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("dictsort", ["case_sensitive", "by", "reverse"])
        let by = try values[1].map { (v) throws(TemplateError) in try Arguments.string(v, "dictsort") } ?? "key"
        guard by == "key" || by == "value" else { throw .rendering("You can only sort by either \"key\" or \"value\"") }
        guard case .dictionary(let dictionary) = value else {
            if case .undefined(let why) = value { throw .rendering(why) }
            throw .rendering("'\(value.typeName)' object has no attribute 'items'")
        }
        var keyed: [(key: Value, value: Value)] = []
        for (key, value) in dictionary.pairs {
            let sorted = caseless(by == "key" ? key : value, values[0]?.isTrue ?? false)
            keyed.append((sorted, .tuple(try Elements([key, value]))))
        }
        return try list(try Value.sorted(keyed, reverse: values[2]?.isTrue ?? false, interpreter.budget))
    }

    private static func extreme(
        _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, _ name: String
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(name, ["case_sensitive", "attribute"])
        let path = try path(values[1])
        var best: (key: Value, value: Value)?
        for element in try Iteration.all(value, interpreter.budget) {
            let key = caseless(try Filters.value(along: path, of: element, interpreter), values[0]?.isTrue ?? false)
            if let current = best {
                let (a, b) = name == "min" ? (key, current.key) : (current.key, key)
                if try !Value.less(a, b, interpreter.budget) { continue }
            }
            best = (key, element)
        }
        return best?.value ?? .undefined("No aggregated item, sequence was empty.")
    }

    private static let sum: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("sum", ["attribute", "start"])
        let path = try path(values[0])
        var total = values[1] ?? .integer(0)
        if total.string != nil { throw .rendering("sum() can't sum strings") }
        for element in try Iteration.all(value, interpreter.budget) {
            total = try Arithmetic.apply(
                "+", total, try Filters.value(along: path, of: element, interpreter), interpreter)
        }
        return total
    }
}
