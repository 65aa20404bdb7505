import JSONReading

extension Value {
    init(_ json: JSONNode) throws(TemplateError) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .integer(value)
        case .double(let value): self = .float(value)
        case .decimal(let text): self = .float(Double(text) ?? .infinity)
        case .string(let text): self = .string(text)
        case .array(let elements):
            var values: [Value] = []
            for element in elements { values.append(try Value(element)) }
            self = .list(try Elements(values))
        case .object(let members):
            var pairs: [(String, Value)] = []
            for (name, value) in members.members { pairs.append((name, try Value(value))) }
            self = .dictionary(try Dictionary(named: pairs))
        }
    }
}

/// Writes JSON as Python's `json.dumps` does.
struct JSONWriter {
    let isASCII: Bool
    let indent: String?
    let itemSeparator: String
    let keySeparator: String
    let sortsKeys: Bool
    let budget: Budget
    private var text = ""

    init(
        isASCII: Bool, indent: String?, separators: (item: String, key: String)?, sortsKeys: Bool, budget: Budget
    ) {
        self.isASCII = isASCII
        self.indent = indent
        itemSeparator = separators?.item ?? (indent == nil ? ", " : ",")
        keySeparator = separators?.key ?? ": "
        self.sortsKeys = sortsKeys
        self.budget = budget
    }

    mutating func text(of value: Value) throws(TemplateError) -> String {
        try write(value, level: 0)
        return text
    }

    private mutating func write(_ value: Value, level: Int) throws(TemplateError) {
        try budget.charge(1)
        switch value {
        case .none: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .float(let value): text += Self.number(value)
        case .string(let string), .markup(let string): try write(string: string)
        case .list(let elements), .tuple(let elements):
            guard !elements.values.isEmpty else {
                text += "[]"
                return
            }
            text += "["
            for (index, element) in elements.values.enumerated() {
                if index > 0 { text += itemSeparator }
                try newLine(level + 1)
                try write(element, level: level + 1)
            }
            try newLine(level)
            text += "]"
        case .dictionary(let dictionary):
            guard !dictionary.pairs.isEmpty else {
                text += "{}"
                return
            }
            text += "{"
            for (index, pair) in try ordered(dictionary).enumerated() {
                if index > 0 { text += itemSeparator }
                try newLine(level + 1)
                try write(string: try Self.name(pair.key))
                text += keySeparator
                try write(pair.value, level: level + 1)
            }
            try newLine(level)
            text += "}"
        default: throw .rendering("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private func ordered(_ dictionary: Dictionary) throws(TemplateError) -> [(key: Value, value: Value)] {
        guard sortsKeys else { return dictionary.pairs }
        var keyed: [(key: Value, value: Value)] = []
        for pair in dictionary.pairs { keyed.append((pair.key, .tuple(try Elements([pair.key, pair.value])))) }
        return try Value.sorted(keyed, reverse: false, budget).compactMap {
            if case .tuple(let pair) = $0 { (pair.values[0], pair.values[1]) } else { nil }
        }
    }

    private static func name(_ key: Value) throws(TemplateError) -> String {
        switch key {
        case .string(let text), .markup(let text): text
        case .integer(let value): String(value)
        case .float(let value): number(value)
        case .bool(let value): value ? "true" : "false"
        case .none: "null"
        default: throw .rendering("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private static func number(_ value: Double) -> String {
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : NumberText.text(value)
    }

    private mutating func newLine(_ level: Int) throws(TemplateError) {
        guard let indent else { return }
        try budget.charge(bytes: indent.utf8.count * level)
        text += "\n" + String(repeating: indent, count: level)
    }

    private mutating func write(string: String) throws(TemplateError) {
        try budget.charge(bytes: string.utf8.count)
        text += "\""
        var plain = String.UnicodeScalarView()
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": plain.append(contentsOf: "\\\"".unicodeScalars)
            case "\\": plain.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": plain.append(contentsOf: "\\n".unicodeScalars)
            case "\r": plain.append(contentsOf: "\\r".unicodeScalars)
            case "\t": plain.append(contentsOf: "\\t".unicodeScalars)
            case "\u{8}": plain.append(contentsOf: "\\b".unicodeScalars)
            case "\u{C}": plain.append(contentsOf: "\\f".unicodeScalars)
            default:
                if scalar.value < 0x20 || (isASCII && scalar.value > 0x7E) {
                    // ensure_ascii leaves DEL alone.
                    if scalar.value == 0x7F {
                        plain.append(scalar)
                    } else {
                        for unit in String(scalar).utf16 {
                            let digits = String(unit, radix: 16)
                            let zeros = String(repeating: "0", count: 4 - digits.count)
                            plain.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
                        }
                    }
                } else {
                    plain.append(scalar)
                }
            }
        }
        text += String(plain)
        text += "\""
    }
}
