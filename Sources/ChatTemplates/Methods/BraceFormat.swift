/// Python's `format.format(…)`: `{}`, `{0}`, `{name}`, with `.attribute` and `[element]`, `!r`, `!s` and format specifications.
enum BraceFormat {
    static func format(
        _ format: String, _ arguments: Arguments, _ interpreter: Interpreter
    ) throws(TemplateError) -> String {
        let scalars = Array(format.unicodeScalars)
        var result = ""
        var index = 0
        var automatic = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "{" || scalar == "}" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if index < scalars.count, scalars[index] == scalar {
                result.unicodeScalars.append(scalar)
                index += 1
                continue
            }
            guard scalar == "{" else { throw .rendering("Single '}' encountered in format string") }
            guard let close = scalars[index...].firstIndex(of: "}") else {
                throw .rendering("Single '{' encountered in format string")
            }
            let field = Array(scalars[index..<close])
            guard !field.contains("{") else { throw .unsupported("nested fields in a format are not supported") }
            index = close + 1
            result += try text(of: field, arguments, &automatic, interpreter)
            try interpreter.budget.charge(bytes: 64)
        }
        return result
    }

    private static func text(
        of field: [Unicode.Scalar], _ arguments: Arguments, _ automatic: inout Int, _ interpreter: Interpreter
    ) throws(TemplateError) -> String {
        let colon = field.firstIndex(of: ":") ?? field.count
        let spec = colon < field.count ? Array(field[(colon + 1)...]) : []
        var name = Array(field[..<colon])
        var conversion: Unicode.Scalar?
        if let mark = name.firstIndex(of: "!") {
            guard mark == name.count - 2 else { throw .rendering("expected ':' after conversion specifier") }
            conversion = name[mark + 1]
            name.removeLast(2)
        }
        let head = name.prefix { $0 != "." && $0 != "[" }
        var value: Value
        if head.isEmpty || head.allSatisfy({ (48...57).contains($0.value) }) {
            let place = Int(PythonText.text(head)) ?? automatic
            if head.isEmpty { automatic += 1 }
            guard place < arguments.positional.count else {
                throw .rendering("Replacement index \(place) out of range for positional args tuple")
            }
            value = arguments.positional[place]
        } else {
            let key = PythonText.text(head)
            guard let found = arguments.keywords.first(where: { Bytes($0.name) == Bytes(key) })?.value else {
                throw .rendering("KeyError: \(Value.quoted(key))")
            }
            value = found
        }
        var rest = name[head.endIndex...]
        while let mark = rest.first {
            rest = rest.dropFirst()
            let end = rest.firstIndex { mark == "[" ? $0 == "]" : $0 == "." || $0 == "[" } ?? rest.endIndex
            let part = PythonText.text(rest[..<end])
            if mark == "[" {
                let key = Int(part).map(Value.integer) ?? .string(part)
                value = try Attributes.element(key, of: value, interpreter)
                rest = rest[end...].dropFirst()
            } else {
                value = try Attributes.attribute(part, of: value, interpreter)
                rest = rest[end...]
            }
        }
        switch conversion {
        case nil: break
        case "r": value = .string(try value.representation(interpreter.budget))
        case "s": value = .string(try value.text(interpreter.budget))
        default: throw .unsupported("the conversion '!\(conversion.map(String.init) ?? "")' is not supported")
        }
        return try formatted(value, spec, interpreter.budget)
    }

    /// Python's format specification: `[[fill]align][sign][0][width][.precision][type]`.
    private static func formatted(
        _ value: Value, _ spec: [Unicode.Scalar], _ budget: Budget
    ) throws(TemplateError) -> String {
        if spec.isEmpty { return try value.text(budget) }
        var index = 0
        var fill: Unicode.Scalar = " "
        var align: Unicode.Scalar?
        let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
        if spec.count > 1, aligns.contains(spec[1]) {
            (fill, align, index) = (spec[0], spec[1], 2)
        } else if aligns.contains(spec[0]) {
            (align, index) = (spec[0], 1)
        }
        var number = NumberFormat()
        if index < spec.count, "+- ".unicodeScalars.contains(spec[index]) {
            if spec[index] != "-" { number.add(flag: spec[index]) }
            index += 1
        }
        if index < spec.count, spec[index] == "0", align == nil { number.add(flag: "0") }
        let width = try PercentFormat.digits(spec, &index) ?? 0
        if index < spec.count, spec[index] == "." {
            index += 1
            number.precision = try PercentFormat.digits(spec, &index)
        }
        let type = index < spec.count ? spec[index] : nil
        guard index + (type == nil ? 0 : 1) == spec.count, align != "=" else {
            throw .unsupported("the format specification '\(PythonText.text(spec))' is not supported")
        }
        try budget.charge(bytes: width)
        let text: String
        let isText = value.string != nil
        if isText {
            guard type == nil || type == "s" else {
                throw .rendering("Unknown format code '\(type.map(String.init) ?? "")' for object of type 'str'")
            }
            text = try number.text(value, "s", budget)
        } else {
            guard value.number != nil else {
                throw .rendering("unsupported format string passed to \(value.typeName).__format__")
            }
            let isInteger = value.integer != nil
            switch type {
            case nil where isInteger, "d" where isInteger, "x" where isInteger, "X" where isInteger,
                "o" where isInteger:
                number.width = number.isZeroPadded ? width : 0
                text = try number.text(value, type ?? "d", budget)
            case "f", "F", "e", "E", "g", "G":
                number.width = number.isZeroPadded ? width : 0
                text = try number.text(value, type ?? "f", budget)
            default: throw .unsupported("the format specification '\(PythonText.text(spec))' is not supported")
            }
        }
        let left = align == ">" || align == "^" || (align == nil && !isText)
        let right = align == "<" || align == "^" || (align == nil && isText)
        let count = text.unicodeScalars.count
        if align == "^", width > count {
            // Python puts the odd one to the right here.
            let before = (width - count) / 2
            let padding = { (n: Int) in PythonText.text(repeatElement(fill, count: n)) }
            return padding(before) + text + padding(width - count - before)
        }
        return PythonText.padded(text, width, fill, left: left, right: right)
    }
}
