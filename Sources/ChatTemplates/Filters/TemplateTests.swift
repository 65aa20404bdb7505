/// Jinja's tests: `value is name(…)`.
enum TemplateTests {
    static let names: Set<String> = Set(simple.keys).union(comparisons.keys).union([
        "divisibleby", "filter", "test", "sameas", "in", "escaped", "iterable",
    ])

    private static let simple: [String: @Sendable (Value) throws(TemplateError) -> Bool] = [
        "defined": { (v) throws(TemplateError) in !v.isUndefined },
        "undefined": { (v) throws(TemplateError) in v.isUndefined },
        "none": { (v) throws(TemplateError) in v.isNone },
        "boolean": { (v) throws(TemplateError) in if case .bool = v { true } else { false } },
        "true": { (v) throws(TemplateError) in if case .bool(true) = v { true } else { false } },
        "false": { (v) throws(TemplateError) in if case .bool(false) = v { true } else { false } },
        "integer": { (v) throws(TemplateError) in if case .integer = v { true } else { false } },
        "float": { (v) throws(TemplateError) in if case .float = v { true } else { false } },
        "number": { (v) throws(TemplateError) in v.number != nil },
        "string": { (v) throws(TemplateError) in v.string != nil },
        "mapping": { (v) throws(TemplateError) in if case .dictionary = v { true } else { false } },
        "sequence": { (v) throws(TemplateError) in
            switch v {
            case .string, .list, .tuple, .dictionary, .range, .undefined: true
            default: false
            }
        },
        "callable": { (v) throws(TemplateError) in
            switch v {
            case .macro, .function, .loop, .undefined: true
            default: false
            }
        },
        "odd": { (v) throws(TemplateError) in try remainder(v, 2) == 1 },
        "even": { (v) throws(TemplateError) in try remainder(v, 2) == 0 },
    ]

    private static let comparisons: [String: String] = [
        "==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", ">": ">", "gt": ">", "greaterthan": ">",
        "ge": ">=",
        ">=": ">=", "<": "<", "lt": "<", "lessthan": "<", "<=": "<=", "le": "<=", "upper": "upper", "lower": "lower",
    ]

    static func holds(
        _ name: String, _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(TemplateError) -> Bool {
        if let test = simple[name] {
            _ = try arguments.bound(name, [])
            return try test(value)
        }
        switch name {
        case "upper", "lower":
            _ = try arguments.bound(name, [])
            let text = try value.text(interpreter.budget)
            try interpreter.budget.charge(bytes: text.utf8.count)
            return name == "upper" ? PythonText.isUpper(text) : PythonText.isLower(text)
        case "iterable":
            _ = try arguments.bound(name, [])
            if case .loop = value { return true }
            return (try? Iteration(value)) != nil
        case "escaped":
            _ = try arguments.bound(name, [])
            return false
        case "filter", "test":
            _ = try arguments.bound(name, [])
            guard let text = value.string else { return false }
            return (name == "filter" ? Filters.names : names).contains(text)
        case "divisibleby":
            let divisor = try arguments.bound(name, ["num"], required: 1)[0] ?? .none
            let rest = try Arithmetic.apply("%", value, divisor, interpreter)
            return try Value.equal(rest, .integer(0), interpreter.budget)
        case "sameas": return try same(value, try arguments.bound(name, ["other"], required: 1)[0] ?? .none)
        case "in":
            let sequence = try arguments.bound(name, ["seq"], required: 1)[0] ?? .none
            return try sequence.contains(value, interpreter.budget)
        default:
            guard let symbol = comparisons[name] else { throw .rendering("No test named '\(name)'") }
            let other = try arguments.bound(name, ["other"], required: 1)[0] ?? .none
            return try interpreter.compare(value, symbol, other)
        }
    }

    private static func remainder(_ value: Value, _ divisor: Int) throws(TemplateError) -> Double {
        if case .undefined(let why) = value { throw .rendering(why) }
        if value.string != nil { throw .rendering("not all arguments converted during string formatting") }
        guard let number = value.number else {
            throw .rendering("unsupported operand type(s) for %: '\(value.typeName)' and 'int'")
        }
        let rest = number.truncatingRemainder(dividingBy: Double(divisor))
        return rest < 0 ? rest + Double(divisor) : rest
    }

    /// Identity of objects, as far as it doesn't depend on how Python keeps them.
    private static func same(_ a: Value, _ b: Value) throws(TemplateError) -> Bool {
        switch (a, b) {
        case (.none, .none): return true
        case (.bool(let a), .bool(let b)): return a == b
        case (.list(let a), .list(let b)): return a === b
        case (.dictionary(let a), .dictionary(let b)): return a === b
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.string, .string), (.integer, .integer), (.float, .float), (.tuple, .tuple), (.undefined, .undefined):
            throw .unsupported("'sameas' of two values of type \(a.typeName) depends on the implementation; use '=='")
        default: return false
        }
    }
}
