/// The methods of `str`.
enum StringMethods {
    static func named(_ name: String, _ text: String) -> Method? {
        if unsupported.contains(name) { return .unsupported }
        if let check = checks[name] {
            return .supported { (interpreter, arguments) throws(TemplateError) in
                _ = try arguments.bound(name, [])
                try interpreter.budget.charge(bytes: text.utf8.count)
                return .bool(check(text))
            }
        }
        if let change = changes[name] {
            return .supported { (interpreter, arguments) throws(TemplateError) in
                _ = try arguments.bound(name, [])
                // Mapping cases takes longer than copying.
                try interpreter.budget.charge(bytes: 16 * text.utf8.count)
                return .string(change(text))
            }
        }
        guard let method = methods[name] else { return nil }
        return .supported { (interpreter, arguments) throws(TemplateError) in
            try interpreter.budget.charge(bytes: text.utf8.count)
            return try method(text, arguments, interpreter)
        }
    }

    private static let unsupported: Set<String> = [
        "encode", "translate", "maketrans", "expandtabs", "format_map", "isidentifier", "isprintable",
    ]

    private static let changes: [String: @Sendable (String) -> String] = [
        "upper": PythonText.upper, "lower": PythonText.lower, "title": PythonText.title,
        "capitalize": PythonText.capitalize, "swapcase": PythonText.swapCase,
        "casefold": { PythonText.text($0.unicodeScalars.flatMap { casefolded($0) }) },
    ]

    private static func casefolded(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        scalar == "\u{DF}" ? ["s", "s"] : Array(scalar.properties.lowercaseMapping.unicodeScalars)
    }

    private static func every(_ text: String, _ test: (Unicode.Scalar) -> Bool) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy(test)
    }

    private static let checks: [String: @Sendable (String) -> Bool] = [
        "isspace": { every($0, \.isPythonSpace) }, "isalpha": { every($0, \.properties.isAlphabeticCategory) },
        "isdigit": { every($0, \.properties.isPythonDigit) }, "isnumeric": { every($0, \.properties.isPythonNumeric) },
        "isdecimal": { every($0) { $0.properties.numericType == .decimal } },
        "isalnum": { every($0) { $0.properties.isAlphabeticCategory || $0.properties.isPythonNumeric } },
        "isupper": PythonText.isUpper, "islower": PythonText.isLower,
        "isascii": { $0.unicodeScalars.allSatisfy(\.isASCII) },
        "istitle": {
            !$0.isEmpty && PythonText.title($0) == $0 && $0.unicodeScalars.contains { $0.properties.isCased }
        },
    ]

    private typealias Call = @Sendable (String, Arguments, Interpreter) throws(TemplateError) -> Value

    private static let methods: [String: Call] = [
        "strip": { (t, a, _) throws(TemplateError) in try strip(t, a, "strip", true, true) },
        "lstrip": { (t, a, _) throws(TemplateError) in try strip(t, a, "lstrip", true, false) },
        "rstrip": { (t, a, _) throws(TemplateError) in try strip(t, a, "rstrip", false, true) },
        "split": { (t, a, i) throws(TemplateError) in try split(t, a, "split", false, i) },
        "rsplit": { (t, a, i) throws(TemplateError) in try split(t, a, "rsplit", true, i) },
        "splitlines": splitLines,
        "startswith": { (t, a, i) throws(TemplateError) in try affix(t, a, "startswith", i) },
        "endswith": { (t, a, i) throws(TemplateError) in try affix(t, a, "endswith", i) },
        "replace": replace, "join": join,
        "find": { (t, a, _) throws(TemplateError) in .integer(try find(t, a, "find", false) ?? -1) },
        "rfind": { (t, a, _) throws(TemplateError) in .integer(try find(t, a, "rfind", true) ?? -1) },
        "index": { (t, a, _) throws(TemplateError) in try index(t, a, "index", false) },
        "rindex": { (t, a, _) throws(TemplateError) in try index(t, a, "rindex", true) },
        "count": count, "removeprefix": removePrefix, "removesuffix": removeSuffix,
        "partition": { (t, a, _) throws(TemplateError) in try partition(t, a, "partition", false) },
        "rpartition": { (t, a, _) throws(TemplateError) in try partition(t, a, "rpartition", true) },
        "center": { (t, a, i) throws(TemplateError) in try pad(t, a, i, "center", true, true) },
        "ljust": { (t, a, i) throws(TemplateError) in try pad(t, a, i, "ljust", false, true) },
        "rjust": { (t, a, i) throws(TemplateError) in try pad(t, a, i, "rjust", true, false) },
        "zfill": fillZeros,
        "format": { (t, a, i) throws(TemplateError) in .string(try BraceFormat.format(t, a, i)) },
    ]

    private static func strip(
        _ text: String, _ arguments: Arguments, _ name: String, _ left: Bool, _ right: Bool
    ) throws(TemplateError) -> Value {
        let characters = try arguments.bound(name, ["chars"])[0]
        if case .none? = characters { return .string(PythonText.strip(text, nil, left: left, right: right)) }
        let set = try characters.map { (c) throws(TemplateError) in try Arguments.string(c, name) }
        return .string(PythonText.strip(text, set, left: left, right: right))
    }

    private static func split(
        _ text: String, _ arguments: Arguments, _ name: String, _ fromRight: Bool, _ interpreter: Interpreter
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(name, ["sep", "maxsplit"])
        let limit = try Arguments.integer(values[1], -1, name)
        let parts: [String]
        if let separator = values[0], !separator.isNone {
            let separator = try Arguments.string(separator, name)
            guard !separator.isEmpty else { throw .rendering("empty separator") }
            parts = PythonText.split(text, separator, limit: limit, fromRight: fromRight)
        } else {
            parts = PythonText.words(text, limit: limit, fromRight: fromRight)
        }
        return try list(parts, interpreter)
    }

    private static func list(_ parts: [String], _ interpreter: Interpreter) throws(TemplateError) -> Value {
        try interpreter.budget.charge(parts.count)
        return .list(try Elements(parts.map(Value.string)))
    }

    private static let splitLines: Call = { (text, arguments, interpreter) throws(TemplateError) in
        let keeps = try arguments.bound("splitlines", ["keepends"])[0]?.isTrue ?? false
        return try list(PythonText.lines(text, keepsEnds: keeps), interpreter)
    }

    private static func affix(
        _ text: String, _ arguments: Arguments, _ name: String, _ interpreter: Interpreter
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(name, ["affix", "start", "end"], required: 1)
        let part = try PythonSpan.part(text, values[1], values[2], name)
        var affixes = [values[0] ?? .none]
        if case .tuple(let elements) = affixes[0] { affixes = elements.values }
        for affix in affixes {
            guard let affix = affix.string else {
                throw .rendering("\(name) first arg must be str or a tuple of str, not \(affix.typeName)")
            }
            guard let part else { continue }
            let holds =
                name == "startswith"
                ? part.utf8.starts(with: affix.utf8) : part.utf8.reversed().starts(with: affix.utf8.reversed())
            if holds { return .bool(true) }
        }
        return .bool(false)
    }

    private static let replace: Call = { (text, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("replace", ["old", "new", "count"], required: 2)
        return .string(
            try Filters.replaced(
                text, try Arguments.string(values[0], "replace"), try Arguments.string(values[1], "replace"),
                try Arguments.integer(values[2], -1, "replace"), interpreter.budget))
    }

    private static let join: Call = { (separator, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("join", ["iterable"], required: 1)
        var parts: [String] = []
        for value in try Iteration.all(values[0] ?? .none, interpreter.budget) {
            parts.append(try Arguments.string(value, "join"))
        }
        return .string(try Filters.joined(parts, separator, interpreter.budget))
    }

    private static func find(
        _ text: String, _ arguments: Arguments, _ name: String, _ fromRight: Bool
    ) throws(TemplateError) -> Int? {
        let values = try arguments.bound(name, ["sub", "start", "end"], required: 1)
        let part = try Arguments.string(values[0], name)
        guard let span = try PythonSpan.range(text, values[1], values[2], name) else { return nil }
        let inner = PythonText.text(Array(text.unicodeScalars)[span])
        if part.isEmpty { return fromRight ? span.upperBound : span.lowerBound }
        guard let byte = TextSearch.all(part, in: inner, fromRight: fromRight, limit: 1).first else { return nil }
        return span.lowerBound + String(decoding: Array(inner.utf8)[..<byte], as: UTF8.self).unicodeScalars.count
    }

    private static func index(
        _ text: String, _ arguments: Arguments, _ name: String, _ fromRight: Bool
    ) throws(TemplateError) -> Value {
        guard let place = try find(text, arguments, name, fromRight) else { throw .rendering("substring not found") }
        return .integer(place)
    }

    private static let count: Call = { (text, arguments, _) throws(TemplateError) in
        let values = try arguments.bound("count", ["sub", "start", "end"], required: 1)
        let part = try Arguments.string(values[0], "count")
        guard let inner = try PythonSpan.part(text, values[1], values[2], "count") else { return .integer(0) }
        if part.isEmpty { return .integer(inner.unicodeScalars.count + 1) }
        return .integer(TextSearch.all(part, in: inner, fromRight: false, limit: .max).count)
    }

    private static let removePrefix: Call = { (text, arguments, _) throws(TemplateError) in
        let prefix = try Arguments.string(
            try arguments.bound("removeprefix", ["prefix"], required: 1)[0], "removeprefix")
        guard text.utf8.starts(with: prefix.utf8) else { return .string(text) }
        return .string(String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
    }

    private static let removeSuffix: Call = { (text, arguments, _) throws(TemplateError) in
        let suffix = try Arguments.string(
            try arguments.bound("removesuffix", ["suffix"], required: 1)[0], "removesuffix")
        guard text.utf8.reversed().starts(with: suffix.utf8.reversed()) else { return .string(text) }
        return .string(String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self))
    }

    private static func partition(
        _ text: String, _ arguments: Arguments, _ name: String, _ fromRight: Bool
    ) throws(TemplateError) -> Value {
        let separator = try Arguments.string(try arguments.bound(name, ["sep"], required: 1)[0], name)
        guard !separator.isEmpty else { throw .rendering("empty separator") }
        let parts = PythonText.split(text, separator, limit: 1, fromRight: fromRight)
        let three = parts.count == 2 ? [parts[0], separator, parts[1]] : fromRight ? ["", "", text] : [text, "", ""]
        return .tuple(try Elements(three.map(Value.string)))
    }

    private static func pad(
        _ text: String, _ arguments: Arguments, _ interpreter: Interpreter, _ name: String, _ left: Bool, _ right: Bool
    ) throws(TemplateError) -> Value {
        let values = try arguments.bound(name, ["width", "fillchar"], required: 1)
        let width = try Arguments.integer(values[0], 0, name)
        let fill = try values[1].map { (v) throws(TemplateError) in try Arguments.string(v, name) } ?? " "
        guard fill.unicodeScalars.count == 1, let scalar = fill.unicodeScalars.first else {
            throw .rendering("The fill character must be exactly one character long")
        }
        try interpreter.budget.charge(bytes: max(0, width))
        return .string(PythonText.padded(text, width, scalar, left: left, right: right))
    }

    private static let fillZeros: Call = { (text, arguments, interpreter) throws(TemplateError) in
        let width = try Arguments.integer(try arguments.bound("zfill", ["width"], required: 1)[0], 0, "zfill")
        try interpreter.budget.charge(bytes: max(0, width))
        let sign = text.hasPrefix("+") || text.hasPrefix("-") ? String(text.prefix(1)) : ""
        let rest = String(text.dropFirst(sign.count))
        return .string(sign + PythonText.padded(rest, width - sign.count, "0", left: true, right: false))
    }
}

/// The part of a text that `start` and `end` name, in scalars.
enum PythonSpan {
    static func range(_ text: String, _ start: Value?, _ end: Value?, _ name: String) throws(TemplateError) -> Range<
        Int
    >? {
        let count = text.unicodeScalars.count
        func bound(_ value: Value?, _ fallback: Int) throws(TemplateError) -> Int {
            guard let value, !value.isNone else { return fallback }
            let integer = try Arguments.integer(value, fallback, name)
            return integer < 0 ? max(0, integer + count) : integer
        }
        let first = try bound(start, 0)
        let last = min(count, try bound(end, count))
        return first <= last && first <= count ? first..<last : nil
    }

    static func part(_ text: String, _ start: Value?, _ end: Value?, _ name: String) throws(TemplateError) -> String? {
        if start == nil, end == nil { return text }
        guard let range = try range(text, start, end, name) else { return nil }
        return PythonText.text(Array(text.unicodeScalars)[range])
    }
}

extension Value {
    var isNone: Bool { if case .none = self { true } else { false } }
}
