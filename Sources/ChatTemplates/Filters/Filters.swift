/// Jinja's filters: `value | name(…)`.
enum Filters {
    typealias Call = @Sendable (Value, Arguments, Interpreter) throws(TemplateError) -> Value

    /// Also those that exist in Jinja and aren't supported here; they fail when they are applied.
    static let names: Set<String> = Set(table.keys).union(unsupported)

    /// Those that do to a text marked as HTML what they do to any text.
    private static let neutral: Set<String> = [
        "count", "d", "default", "e", "escape", "first", "float", "forceescape", "int", "join", "last", "length",
        "list",
        "safe", "string", "tojson", "trim",
    ]

    private static let unsupported: Set<String> = [
        "filesizeformat", "pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr",
    ]

    private static let table: [String: Call] = textFilters.merging(sequenceFilters) { first, _ in first }
        .merging(selectionFilters) { first, _ in first }.merging(numberFilters) { first, _ in first }

    static func apply(
        _ name: String, to value: Value, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(TemplateError) -> Value {
        guard let filter = table[name] else {
            if unsupported.contains(name) { throw .unsupported("the filter '\(name)' is not supported") }
            throw .rendering("No filter named '\(name)'")
        }
        if case .markup = value, !neutral.contains(name) {
            throw .unsupported("the filter '\(name)' of a text marked as HTML is not supported")
        }
        return try interpreter.nested { () throws(TemplateError) in try filter(value, arguments, interpreter) }
    }

    /// HTML's special characters as MarkupSafe escapes them.
    static func escaped(_ text: String) -> String {
        PythonText.text(
            text.unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                switch scalar {
                case "&": Array("&amp;".unicodeScalars)
                case "<": Array("&lt;".unicodeScalars)
                case ">": Array("&gt;".unicodeScalars)
                case "'": Array("&#39;".unicodeScalars)
                case "\"": Array("&#34;".unicodeScalars)
                default: [scalar]
                }
            })
    }

    static func replaced(
        _ text: String, _ old: String, _ new: String, _ count: Int, _ budget: Budget
    ) throws(TemplateError) -> String {
        // What the result can have at most; the true number of places isn't known before.
        let places = old.isEmpty ? text.utf8.count + 1 : text.utf8.count / old.utf8.count
        let (growth, isTooMuch) = (count < 0 ? places : min(places, count)).multipliedReportingOverflow(
            by: new.utf8.count)
        if isTooMuch || growth > text.utf8.count + (1 << 20) {
            let found =
                old.isEmpty
                ? places : TextSearch.all(old, in: text, fromRight: false, limit: count < 0 ? .max : count).count
            let (bytes, overflow) = found.multipliedReportingOverflow(by: new.utf8.count)
            try budget.charge(bytes: overflow ? .max / 2 : bytes)
        } else {
            try budget.charge(bytes: growth)
        }
        return PythonText.replace(text, old, new, count: count)
    }

    static func joined(_ parts: [String], _ separator: String, _ budget: Budget) throws(TemplateError) -> String {
        let (between, isTooMuch) = parts.count.multipliedReportingOverflow(by: separator.utf8.count)
        try budget.charge(bytes: isTooMuch ? .max / 2 : between)
        try budget.charge(bytes: parts.reduce(0) { $0 + $1.utf8.count })
        return parts.joined(separator: separator)
    }

    /// The values along a path such as `function.name` or `0.id`; nil where there is no path.
    static func path(_ attribute: Value?) throws(TemplateError) -> [Value] {
        switch attribute {
        case nil, .some(.none): return []
        case .string(let text)?:
            return PythonText.split(text, ".", limit: -1, fromRight: false).map { part in
                let isNumber = !part.isEmpty && part.unicodeScalars.allSatisfy { (48...57).contains($0.value) }
                return isNumber ? Int(part).map(Value.integer) ?? .string(part) : .string(part)
            }
        case .some(let value): return [value]
        }
    }

    static func value(
        along path: [Value], of value: Value, fallback: Value? = nil, _ interpreter: Interpreter
    ) throws(TemplateError) -> Value {
        var value = value
        for part in path {
            value = try Attributes.element(part, of: value, interpreter)
            if value.isUndefined, let fallback, !fallback.isNone { value = fallback }
        }
        return value
    }

    static func caseless(_ value: Value, _ isSensitive: Bool) -> Value {
        if !isSensitive, case .string(let text) = value { return .string(PythonText.lower(text)) }
        return value
    }

    static func list(_ values: [Value]) throws(TemplateError) -> Value { .list(try Elements(values)) }
}
