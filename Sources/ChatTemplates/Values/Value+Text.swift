extension Value {
    /// `str(value)`: what is printed.
    func text(_ budget: Budget) throws(TemplateError) -> String {
        switch self {
        case .string(let text), .markup(let text): return text
        case .undefined: return ""
        default: return try representation(budget)
        }
    }

    /// `repr(value)`.
    func representation(_ budget: Budget, depth: Int = 0) throws(TemplateError) -> String {
        try budget.charge(1)
        guard depth <= 210 else { throw TemplateError(.limit, "a value nested too deeply to print") }
        switch self {
        case .undefined: return "Undefined"
        case .none: return "None"
        case .bool(let value): return value ? "True" : "False"
        case .integer(let value): return String(value)
        case .float(let value): return NumberText.text(value)
        case .string(let text):
            try budget.charge(bytes: text.utf8.count)
            return Self.quoted(text)
        case .markup(let text): return "Markup(" + (try Value.string(text).representation(budget)) + ")"
        case .list(let elements): return "[" + (try Self.joined(elements.values, budget, depth)) + "]"
        case .tuple(let elements):
            let text = try Self.joined(elements.values, budget, depth)
            return elements.values.count == 1 ? "(\(text),)" : "(\(text))"
        case .view(let kind, let elements):
            return "\(kind)([" + (try Self.joined(elements.values, budget, depth)) + "])"
        case .dictionary(let dictionary):
            var parts: [String] = []
            for (key, value) in dictionary.pairs {
                let name = try key.representation(budget, depth: depth + 1)
                parts.append("\(name): " + (try value.representation(budget, depth: depth + 1)))
            }
            return "{" + parts.joined(separator: ", ") + "}"
        case .range(let range):
            return "range(\(range.start), \(range.stop)\(range.step == 1 ? "" : ", \(range.step)"))"
        case .namespace(let namespace):
            var parts: [String] = []
            for (name, value) in namespace.attributes {
                parts.append("\(Self.quoted(name)): " + (try value.representation(budget, depth: depth + 1)))
            }
            return "<Namespace {" + parts.joined(separator: ", ") + "}>"
        case .loop(let loop): return "<LoopContext \(loop.index0 + 1)/\(try loop.count())>"
        case .macro(let macro):
            return "<Macro \(macro.definition.name.isEmpty ? "anonymous" : Self.quoted(macro.definition.name))>"
        case .lazy:
            throw .unsupported("a lazy sequence has no text of its own; turn it into a list with '| list'")
        case .function(let function): throw .unsupported("the function '\(function.name)' has no text of its own")
        }
    }

    private static func joined(_ values: [Value], _ budget: Budget, _ depth: Int) throws(TemplateError) -> String {
        var parts: [String] = []
        for value in values { parts.append(try value.representation(budget, depth: depth + 1)) }
        return parts.joined(separator: ", ")
    }

    /// A string literal as Python writes it.
    static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar =
            text.utf8.contains(UInt8(ascii: "'")) && !text.utf8.contains(UInt8(ascii: "\"")) ? "\"" : "'"
        var result = String.UnicodeScalarView()
        result.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case quote, "\\":
                result.append("\\")
                result.append(scalar)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\r": result.append(contentsOf: "\\r".unicodeScalars)
            case "\t": result.append(contentsOf: "\\t".unicodeScalars)
            case " ": result.append(scalar)
            default:
                if scalar.isASCII ? scalar.value >= 0x20 && scalar.value < 0x7F : scalar.properties.isPythonPrintable {
                    result.append(scalar)
                } else {
                    let (letter, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
                    let digits = String(scalar.value, radix: 16)
                    let zeros = String(repeating: "0", count: width - digits.count)
                    result.append(contentsOf: "\\\(letter)\(zeros)\(digits)".unicodeScalars)
                }
            }
        }
        result.append(quote)
        return String(result)
    }
}
