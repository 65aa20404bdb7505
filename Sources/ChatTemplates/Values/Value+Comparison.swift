extension Value {
    /// Python's `==`.
    static func equal(_ a: Value, _ b: Value, _ budget: Budget) throws(TemplateError) -> Bool {
        try budget.charge(1)
        switch (a.unmarked, b.unmarked) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let a), .string(let b)):
            try budget.charge(bytes: min(a.utf8.count, b.utf8.count))
            return a.utf8.elementsEqual(b.utf8)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            if a === b { return true }
            guard a.values.count == b.values.count else { return false }
            for (x, y) in zip(a.values, b.values) where try !equal(x, y, budget) { return false }
            return true
        case (.dictionary(let a), .dictionary(let b)):
            guard a.pairs.count == b.pairs.count else { return false }
            for (key, value) in a.pairs {
                guard let other = b.value(try HashKey(key, budget)), try equal(value, other, budget) else {
                    return false
                }
            }
            return true
        case (.range(let a), .range(let b)):
            return a.count == b.count && (a.count == 0 || (a.start == b.start && (a.count == 1 || a.step == b.step)))
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.lazy(let a), .lazy(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        case (.macro(let a), .macro(let b)): return a === b
        case (.function(let a), .function(let b)): return a === b
        case (.view, .view): throw .unsupported("views of dictionaries can't be compared")
        default:
            if let a = a.integer, let b = b.integer { return a == b }
            if let a = a.number, let b = b.number { return a == b }
            return false
        }
    }

    /// Python's `<`.
    static func less(_ a: Value, _ b: Value, _ budget: Budget, _ symbol: String = "<") throws(TemplateError) -> Bool {
        try budget.charge(1)
        switch (a.unmarked, b.unmarked) {
        case (.undefined(let why), _), (_, .undefined(let why)): throw .rendering(why)
        case (.string(let a), .string(let b)):
            try budget.charge(bytes: min(a.utf8.count, b.utf8.count))
            // The order of UTF-8 is that of code points.
            return a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            for (x, y) in zip(a.values, b.values) where try !equal(x, y, budget) {
                return try less(x, y, budget, symbol)
            }
            return a.values.count < b.values.count
        default:
            if let a = a.integer, let b = b.integer { return a < b }
            if let a = a.number, let b = b.number { return a < b }
            throw .rendering(
                "'\(symbol)' not supported between instances of '\(a.typeName)' and '\(b.typeName)'")
        }
    }

    /// Python's `in`.
    func contains(_ value: Value, _ budget: Budget) throws(TemplateError) -> Bool {
        switch unmarked {
        case .undefined: return false
        case .string(let text):
            guard let part = value.string else {
                throw .rendering("'in <string>' requires string as left operand, not \(value.typeName)")
            }
            try budget.charge(bytes: text.utf8.count)
            return TextSearch.first(part, in: text) != nil
        case .dictionary(let dictionary): return dictionary.value(try HashKey(value, budget)) != nil
        case .namespace, .macro, .function, .none, .bool, .integer, .float:
            throw .rendering("argument of type '\(typeName)' is not iterable")
        default:
            var iterator = try Iteration(self)
            while let element = try iterator.next() {
                if try Value.equal(element, value, budget) { return true }
            }
            return false
        }
    }

    /// Sorted stably by a key.
    static func sorted(
        _ values: [(key: Value, value: Value)], reverse: Bool, _ budget: Budget
    ) throws(TemplateError) -> [Value] {
        var values = values
        if reverse { values.reverse() }
        var failure: TemplateError?
        // The standard library's sort is stable, though not by its documentation; a merge sort of our own is, by this one.
        func merged(_ range: Range<Int>) -> [(key: Value, value: Value)] {
            guard range.count > 1, failure == nil else { return Array(values[range]) }
            let middle = range.lowerBound + range.count / 2
            let left = merged(range.lowerBound..<middle)
            let right = merged(middle..<range.upperBound)
            var result: [(key: Value, value: Value)] = []
            result.reserveCapacity(range.count)
            var i = 0
            var j = 0
            do throws(TemplateError) {
                while i < left.count, j < right.count {
                    if try less(right[j].key, left[i].key, budget) {
                        result.append(right[j])
                        j += 1
                    } else {
                        result.append(left[i])
                        i += 1
                    }
                }
            } catch {
                failure = error
            }
            return result + left[i...] + right[j...]
        }
        var result = merged(0..<values.count).map(\.value)
        if let failure { throw failure }
        if reverse { result.reverse() }
        return result
    }
}
