import Foundation

extension Filters {
    static let textFilters: [String: Call] = [
        "upper": { (v, a, i) throws(TemplateError) in try mapped(v, a, i, "upper", PythonText.upper) },
        "lower": { (v, a, i) throws(TemplateError) in try mapped(v, a, i, "lower", PythonText.lower) },
        "capitalize": { (v, a, i) throws(TemplateError) in try mapped(v, a, i, "capitalize", PythonText.capitalize) },
        "title": { (v, a, i) throws(TemplateError) in try mapped(v, a, i, "title", titled) },
        "string": { (v, a, i) throws(TemplateError) in
            _ = try a.bound("string", [])
            if case .markup = v { return v }
            return .string(try v.text(i.budget))
        },
        "safe": { (v, a, i) throws(TemplateError) in
            _ = try a.bound("safe", [])
            return .markup(try v.text(i.budget))
        },
        "e": { (v, a, i) throws(TemplateError) in try escape(v, a, i, "e") },
        "escape": { (v, a, i) throws(TemplateError) in try escape(v, a, i, "escape") },
        "forceescape": { (v, a, i) throws(TemplateError) in try escape(v.unmarked, a, i, "forceescape") },
        "trim": trim, "replace": replace, "indent": indent, "center": center, "truncate": truncate, "format": format,
        "wordcount": wordCount, "urlencode": urlEncode, "tojson": toJSON,
        "default": fallback, "d": fallback,
        "attr": { (value, arguments, interpreter) throws(TemplateError) in
            let name = try Arguments.string(try arguments.bound("attr", ["name"], required: 1)[0], "attr")
            if case .dictionary = value {
                // The attribute alone, never the element of this name.
                let empty = Value.dictionary(try Dictionary(named: []))
                return try Attributes.attribute(name, of: empty, interpreter)
            }
            return try Attributes.attribute(name, of: value, interpreter)
        },
    ]

    private static func mapped(
        _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, _ name: String, _ change: (String) -> String
    ) throws(TemplateError) -> Value {
        _ = try arguments.bound(name, [])
        let text = try value.text(interpreter.budget)
        try interpreter.budget.charge(bytes: 16 * text.utf8.count)
        return .string(change(text))
    }

    /// Words begin behind white space and `-({[<`.
    private static func titled(_ text: String) -> String {
        var isStart = true
        var word = ""
        var result = ""
        func flush() {
            result += PythonText.lower(word)
            word = ""
        }
        for scalar in text.unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                flush()
                result.unicodeScalars.append(scalar)
                isStart = true
            } else if isStart {
                result += scalar.properties.uppercaseMapping
                isStart = false
            } else {
                word.unicodeScalars.append(scalar)
            }
        }
        flush()
        return result
    }

    private static let trim: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let characters = try arguments.bound("trim", ["chars"])[0]
        let text = try value.text(interpreter.budget)
        try interpreter.budget.charge(bytes: text.utf8.count)
        let set = try characters.flatMap { $0.isNone ? nil : $0 }.map { (c) throws(TemplateError) in
            try Arguments.string(c, "trim")
        }
        let stripped = PythonText.strip(text, set, left: true, right: true)
        if case .markup = value { return .markup(stripped) }
        return .string(stripped)
    }

    private static func escape(
        _ value: Value, _ arguments: Arguments, _ interpreter: Interpreter, _ name: String
    ) throws(TemplateError) -> Value {
        _ = try arguments.bound(name, [])
        if case .markup = value { return value }
        let text = try value.text(interpreter.budget)
        try interpreter.budget.charge(bytes: 5 * text.utf8.count)
        return .markup(escaped(text))
    }

    private static let replace: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("replace", ["old", "new", "count"], required: 2)
        let count = values[2].map(\.isNone) ?? true ? -1 : try Arguments.integer(values[2], -1, "replace")
        let budget = interpreter.budget
        let text = try value.text(budget)
        try budget.charge(bytes: text.utf8.count)
        return .string(
            try replaced(
                text, try (values[0] ?? .none).text(budget), try (values[1] ?? .none).text(budget), count, budget))
    }

    private static let indent: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("indent", ["width", "first", "blank"])
        guard let text = value.string else {
            if case .undefined(let why) = value { throw .rendering(why) }
            throw .rendering("indent needs a string, not \(value.typeName)")
        }
        let count = values[0]?.string == nil ? try Arguments.integer(values[0], 4, "indent") : 0
        let width = values[0]?.string ?? String(repeating: " ", count: max(0, min(1 << 20, count)))
        let lines = PythonText.lines(text + "\n", keepsEnds: false)
        let (bytes, isTooMuch) = lines.count.multipliedReportingOverflow(by: width.utf8.count)
        try interpreter.budget.charge(bytes: isTooMuch ? .max / 2 : bytes + 2 * text.utf8.count)
        let indentsBlank = values[2]?.isTrue ?? false
        var result = lines[0]
        for line in lines.dropFirst() { result += "\n" + (line.isEmpty && !indentsBlank ? "" : width) + line }
        return .string((values[1]?.isTrue ?? false ? width : "") + result)
    }

    private static let center: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let width = try Arguments.integer(try arguments.bound("center", ["width"])[0], 80, "center")
        try interpreter.budget.charge(bytes: max(0, width))
        return .string(PythonText.padded(try value.text(interpreter.budget), width, " ", left: true, right: true))
    }

    private static let truncate: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("truncate", ["length", "killwords", "end", "leeway"])
        guard let text = value.string else { throw .rendering("truncate needs a string, not \(value.typeName)") }
        let length = try Arguments.integer(values[0], 255, "truncate")
        let end = try values[2].map { (v) throws(TemplateError) in try Arguments.string(v, "truncate") } ?? "..."
        let leeway = values[3].map(\.isNone) ?? true ? 5 : try Arguments.integer(values[3], 5, "truncate")
        let endCount = end.unicodeScalars.count
        guard length >= endCount else { throw .rendering("expected length >= \(endCount), got \(length)") }
        guard leeway >= 0 else { throw .rendering("expected leeway >= 0, got \(leeway)") }
        try interpreter.budget.charge(bytes: text.utf8.count)
        let count = text.unicodeScalars.count
        if count - leeway <= length { return value }
        let start = PythonText.text(text.unicodeScalars.prefix(length - endCount))
        if values[1]?.isTrue ?? false { return .string(start + end) }
        return .string(PythonText.split(start, " ", limit: 1, fromRight: true)[0] + end)
    }

    private static let format: Call = { (value, arguments, interpreter) throws(TemplateError) in
        guard arguments.positional.isEmpty || arguments.keywords.isEmpty else {
            throw .rendering("can't handle positional and keyword arguments at the same time")
        }
        let format = try value.text(interpreter.budget)
        let values =
            arguments.keywords.isEmpty
            ? Value.tuple(try Elements(arguments.positional))
            : .dictionary(try Dictionary(named: arguments.keywords.map { ($0.name, $0.value) }))
        return .string(try PercentFormat.format(format, values, interpreter.budget))
    }

    private static let wordCount: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("wordcount", [])
        let text = try value.text(interpreter.budget)
        try interpreter.budget.charge(bytes: text.utf8.count)
        var count = 0
        var isInside = false
        for scalar in text.unicodeScalars {
            if scalar.isWordCharacter, !isInside { count += 1 }
            isInside = scalar.isWordCharacter
        }
        return .integer(count)
    }

    private static let urlEncode: Call = { (value, arguments, interpreter) throws(TemplateError) in
        _ = try arguments.bound("urlencode", [])
        guard value.string != nil || value.number != nil else {
            throw .unsupported("the filter 'urlencode' of \(value.typeName) is not supported")
        }
        let text = try value.text(interpreter.budget)
        try interpreter.budget.charge(bytes: 3 * text.utf8.count)
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80
                && (Character(scalar).isLetter || Character(scalar).isNumber || "_.-~/".unicodeScalars.contains(scalar))
            if isPlain {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return .string(result)
    }

    /// transformers' own: no escaping of HTML, keys in their order.
    private static let toJSON: Call = { (value, arguments, interpreter) throws(TemplateError) in
        let values = try arguments.bound("tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
        var indent: String?
        if let value = values[1], !value.isNone {
            let count = value.string == nil ? try Arguments.integer(value, 0, "tojson") : 0
            indent = value.string ?? String(repeating: " ", count: max(0, min(1000, count)))
        }
        var separators: (item: String, key: String)?
        if let value = values[2], !value.isNone {
            let pair = try Iteration.all(value, interpreter.budget)
            guard pair.count == 2 else { throw .rendering("tojson needs two separators") }
            separators = (try Arguments.string(pair[0], "tojson"), try Arguments.string(pair[1], "tojson"))
        }
        var writer = JSONWriter(
            isASCII: values[0]?.isTrue ?? false, indent: indent, separators: separators,
            sortsKeys: values[3]?.isTrue ?? false, budget: interpreter.budget)
        return .string(try writer.text(of: value))
    }

    private static let fallback: Call = { (value, arguments, _) throws(TemplateError) in
        let values = try arguments.bound("default", ["default_value", "boolean"])
        if value.isUndefined || (values[1]?.isTrue ?? false && !value.isTrue) { return values[0] ?? .string("") }
        return value
    }
}
