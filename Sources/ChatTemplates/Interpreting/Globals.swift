import Foundation

/// The functions that every chat template has.
enum Globals {
    static func scope(_ now: Date) throws(TemplateError) -> Scope {
        let scope = Scope(in: nil)
        for (name, call) in functions { scope.set(name, .function(try Function(name, call))) }
        let strftime: Call = { (_, arguments) throws(TemplateError) in
            let values = try arguments.bound("strftime_now", ["format"], required: 1)
            return .string(try time(now, try Arguments.string(values[0], "strftime_now")))
        }
        scope.set("strftime_now", .function(try Function("strftime_now", strftime)))
        return scope
    }

    private typealias Call = @Sendable (Interpreter, Arguments) throws(TemplateError) -> Value

    private static let functions: [(String, Call)] = [
        ("raise_exception", raise), ("range", range), ("namespace", namespace), ("dict", dictionary),
        ("cycler", cycler), ("joiner", joiner),
        (
            "lipsum",
            { (_, _) throws(TemplateError) in throw .unsupported("'lipsum' makes random text, which is not supported") }
        ),
    ]

    private static func raise(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        let values = try arguments.bound("raise_exception", ["message"], required: 1)
        throw TemplateError(.raised, try (values[0] ?? .none).text(interpreter.budget))
    }

    private static func range(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard arguments.keywords.isEmpty, (1...3).contains(arguments.positional.count) else {
            throw .rendering("range() takes 1 to 3 arguments by position")
        }
        var numbers: [Int] = []
        for value in arguments.positional { numbers.append(try Arguments.integer(value, 0, "range")) }
        if numbers.count == 1 { numbers.insert(0, at: 0) }
        if numbers.count == 2 { numbers.append(1) }
        guard numbers[2] != 0 else { throw .rendering("range() arg 3 must not be zero") }
        guard numbers.allSatisfy({ abs($0) < 1 << 40 }) else { throw .rendering("range too big") }
        let range = IntegerRange(start: numbers[0], stop: numbers[1], step: numbers[2])
        // As Jinja's sandbox.
        guard range.count <= 100_000 else { throw .rendering("range too big; the sandbox allows 100000 elements") }
        return .range(range)
    }

    private static func namespace(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard case .dictionary(let attributes) = try dictionary(interpreter, arguments) else { return .none }
        let namespace = try interpreter.makeNamespace()
        for (key, value) in attributes.pairs {
            guard let name = key.string else { throw .unsupported("attributes whose names are not strings") }
            guard !name.hasPrefix("_") else { throw .rendering("a namespace can't have an attribute '\(name)'") }
            namespace.set(name, value)
        }
        return .namespace(namespace)
    }

    private static func dictionary(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        guard arguments.positional.count <= 1 else { throw .rendering("dict() takes at most 1 argument by position") }
        var pairs: [(key: Value, value: Value)] = []
        if let source = arguments.positional.first {
            if case .dictionary(let other) = source {
                pairs = other.pairs
            } else {
                for element in try Iteration.all(source, interpreter.budget) {
                    let pair = try Iteration.all(element, interpreter.budget)
                    guard pair.count == 2 else { throw .rendering("dict() needs pairs of a key and a value") }
                    pairs.append((pair[0], pair[1]))
                }
            }
        }
        pairs += arguments.keywords.map { (.string($0.name), $0.value) }
        try interpreter.budget.charge(pairs.count)
        return .dictionary(try Dictionary(pairs, interpreter.budget))
    }

    private static func cycler(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        throw .unsupported("'cycler' is not supported; use loop.cycle")
    }

    /// An empty text at its first call, the separator afterwards.
    private static func joiner(_ interpreter: Interpreter, _ arguments: Arguments) throws(TemplateError) -> Value {
        let separator = try arguments.bound("joiner", ["sep"])[0] ?? .string(", ")
        let used = Used()
        return .function(
            try Function("joiner", over: [separator]) { (_, _) throws(TemplateError) in
                defer { used.isUsed = true }
                return used.isUsed ? separator : .string("")
            })
    }

    private final class Used { var isUsed = false }

    private static func time(_ now: Date, _ format: String) throws(TemplateError) -> String {
        guard !format.utf8.contains(0), format.utf8.count <= 1000 else { throw .rendering("embedded null character") }
        var seconds = time_t(now.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        localtime_r(&seconds, &parts)
        // An empty result and one that is too long look alike to strftime; a space in front makes them differ.
        var buffer = [CChar](repeating: 0, count: 64 * 1024)
        let count = strftime(&buffer, buffer.count, " " + format, &parts)
        guard count > 0 else { throw .rendering("the date's format is too long") }
        return String(decoding: buffer[1..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
