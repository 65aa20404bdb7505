/// Python's `format % values`.
enum PercentFormat {
    static func format(_ format: String, _ value: Value, _ budget: Budget) throws(TemplateError) -> String {
        var values: [Value]
        var isMapping = false
        var mapping: Dictionary?
        switch value {
        case .tuple(let elements): values = elements.values
        case .dictionary(let dictionary):
            values = [value]
            mapping = dictionary
        default: values = [value]
        }
        try budget.charge(bytes: format.utf8.count)
        var result = ""
        var used = 0
        let scalars = Array(format.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            var named: Value?
            if index < scalars.count, scalars[index] == "(" {
                guard let mapping else { throw .rendering("format requires a mapping") }
                guard let close = scalars[index...].firstIndex(of: ")") else {
                    throw .rendering("incomplete format key")
                }
                let key = PythonText.text(scalars[(index + 1)..<close])
                guard let found = mapping[key] else { throw .rendering("KeyError: \(Value.quoted(key))") }
                named = found
                isMapping = true
                index = close + 1
            }
            var spec = NumberFormat()
            while index < scalars.count, "-+ 0#".unicodeScalars.contains(scalars[index]) {
                spec.add(flag: scalars[index])
                index += 1
            }
            spec.width = try digits(scalars, &index) ?? 0
            if index < scalars.count, scalars[index] == "." {
                index += 1
                spec.precision = try digits(scalars, &index) ?? 0
            }
            guard index < scalars.count else { throw .rendering("incomplete format") }
            let conversion = scalars[index]
            index += 1
            if conversion == "%" {
                result += "%"
                continue
            }
            let argument: Value
            if let named {
                argument = named
            } else {
                guard used < values.count else { throw .rendering("not enough arguments for format string") }
                argument = values[used]
                used += 1
            }
            try budget.charge(bytes: spec.width)
            result += try spec.text(argument, conversion, budget)
        }
        guard isMapping || mapping != nil || used == values.count else {
            throw .rendering("not all arguments converted during string formatting")
        }
        return result
    }

    static func digits(_ scalars: [Unicode.Scalar], _ index: inout Int) throws(TemplateError) -> Int? {
        var value: Int?
        while index < scalars.count, (48...57).contains(scalars[index].value) {
            value = (value ?? 0) * 10 + Int(scalars[index].value) - 48
            index += 1
            guard value ?? 0 <= 1_000_000 else { throw TemplateError(.limit, "a format's width is beyond 1000000") }
        }
        return value
    }
}

/// How a single value is laid out.
struct NumberFormat {
    var isLeft = false
    var isZeroPadded = false
    var sign = ""
    var width = 0
    var precision: Int?
    private var isAlternate = false

    mutating func add(flag: Unicode.Scalar) {
        switch flag {
        case "-": isLeft = true
        case "0": isZeroPadded = true
        case "+": sign = "+"
        case " ": if sign.isEmpty { sign = " " }
        default: isAlternate = true
        }
    }

    func text(_ value: Value, _ conversion: Unicode.Scalar, _ budget: Budget) throws(TemplateError) -> String {
        if isAlternate { throw .unsupported("the flag '#' in a format is not supported") }
        switch conversion {
        case "s", "r":
            let whole = conversion == "s" ? try value.text(budget) : try value.representation(budget)
            let text = precision.map { PythonText.text(whole.unicodeScalars.prefix($0)) } ?? whole
            return PythonText.padded(text, width, " ", left: !isLeft, right: isLeft)
        case "d", "i", "u":
            guard let number = value.number, number.magnitude < 9e18 else {
                if case .undefined(let why) = value { throw .rendering(why) }
                throw .rendering("%\(conversion) format: a real number is required, not \(value.typeName)")
            }
            let integer = value.integer ?? Int(number)
            let digits = String(integer.magnitude)
            let padded = String(repeating: "0", count: max(0, (precision ?? 0) - digits.count)) + digits
            return laidOut(padded, isNegative: integer < 0)
        case "f", "F", "e", "E", "g", "G":
            guard let number = value.number else {
                if case .undefined(let why) = value { throw .rendering(why) }
                throw .rendering("must be real number, not \(value.typeName)")
            }
            let text = NumberText.formatted(number.magnitude, Character(conversion), precision ?? 6)
            return laidOut(text, isNegative: number.sign == .minus && !number.isNaN)
        case "x", "X", "o":
            guard let integer = value.integer else {
                throw .rendering("%\(conversion) format: an integer is required, not \(value.typeName)")
            }
            let text = String(integer.magnitude, radix: conversion == "o" ? 8 : 16, uppercase: conversion == "X")
            return laidOut(text, isNegative: integer < 0)
        case "c":
            if let text = value.string, text.unicodeScalars.count == 1 {
                return PythonText.padded(text, width, " ", left: !isLeft, right: isLeft)
            }
            throw .unsupported("the format %c of a number is not supported")
        default: throw .rendering("unsupported format character '\(conversion)'")
        }
    }

    func laidOut(_ digits: String, isNegative: Bool) -> String {
        let sign = isNegative ? "-" : self.sign
        if isZeroPadded, !isLeft {
            return sign + PythonText.padded(digits, width - sign.count, "0", left: true, right: false)
        }
        return PythonText.padded(sign + digits, width, " ", left: !isLeft, right: isLeft)
    }
}
