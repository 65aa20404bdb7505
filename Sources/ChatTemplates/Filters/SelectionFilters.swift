extension Filters {
    static let selectionFilters: [String: Call] = [
        "map": map,
        "select": { (v, a, i) throws(TemplateError) in try select(v, a, i, "select", byAttribute: false, keeps: true) },
        "reject": { (v, a, i) throws(TemplateError) in try select(v, a, i, "reject", byAttribute: false, keeps: false)
        },
        "selectattr": { (v, a, i) throws(TemplateError) in
            try select(v, a, i, "selectattr", byAttribute: true, keeps: true)
        },
        "rejectattr": { (v, a, i) throws(TemplateError) in
            try select(v, a, i, "rejectattr", byAttribute: true, keeps: false)
        },
    ]

    /// As in Jinja nothing is done, and nothing found wrong, before the first element is asked for.
    private static let map: Call = { (value, arguments, interpreter) throws(TemplateError) in
        var iteration: Iteration?
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                guard value.isTrue else { return nil }
                if iteration == nil { iteration = try Iteration(value) }
                guard let element = try iteration?.next() else { return nil }
                try interpreter.budget.charge(1)
                return try mapped(element, arguments, interpreter)
            })
    }

    private static func mapped(
        _ element: Value, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(TemplateError) -> Value {
        if arguments.positional.isEmpty, let attribute = arguments.keywords.first(where: { $0.name == "attribute" }) {
            let fallback = arguments.keywords.first { $0.name == "default" }?.value
            if let surplus = arguments.keywords.first(where: { $0.name != "attribute" && $0.name != "default" }) {
                throw .rendering("Unexpected keyword argument '\(surplus.name)'")
            }
            return try value(along: try path(attribute.value), of: element, fallback: fallback, interpreter)
        }
        guard let first = arguments.positional.first else { throw .rendering("map requires a filter argument") }
        let rest = Arguments(positional: Array(arguments.positional.dropFirst()), keywords: arguments.keywords)
        return try apply(try Arguments.string(first, "map"), to: element, rest, interpreter)
    }

    private static func select(
        _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, _ name: String, byAttribute: Bool,
        keeps: Bool
    ) throws(TemplateError) -> Value {
        var iteration: Iteration?
        return .lazy(
            try LazySequence(over: value) { () throws(TemplateError) in
                guard value.isTrue else { return nil }
                if iteration == nil { iteration = try Iteration(value) }
                while let element = try iteration?.next() {
                    try interpreter.budget.charge(1)
                    if try holds(element, arguments, interpreter, byAttribute: byAttribute) == keeps { return element }
                }
                return nil
            })
    }

    private static func holds(
        _ element: Value, _ arguments: Arguments, _ interpreter: Interpreter, byAttribute: Bool
    ) throws(TemplateError) -> Bool {
        var rest = arguments
        var value = element
        if byAttribute {
            guard !rest.positional.isEmpty else { throw .rendering("Missing parameter for attribute name") }
            value = try Filters.value(along: try path(rest.positional.removeFirst()), of: element, interpreter)
        }
        guard !rest.positional.isEmpty else { return value.isTrue }
        let name = try Arguments.string(rest.positional.removeFirst(), "select")
        guard TemplateTests.names.contains(name) else { throw .rendering("No test named '\(name)'") }
        return try TemplateTests.holds(name, value, rest, interpreter)
    }
}
