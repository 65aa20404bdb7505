import Foundation

/// Python's operators.
enum Arithmetic {
    static func failure(_ symbol: String, _ a: Value, _ b: Value?) -> TemplateError {
        if case .undefined(let why) = a { return .rendering(why) }
        guard let b else { return .rendering("bad operand type for \(symbol): '\(a.typeName)'") }
        if case .undefined(let why) = b { return .rendering(why) }
        return .rendering("unsupported operand type(s) for \(symbol): '\(a.typeName)' and '\(b.typeName)'")
    }

    static func negative(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.integer {
            guard integer != .min else { throw overflow }
            return .integer(-integer)
        }
        guard case .float(let number) = value else { throw failure("unary -", value, nil) }
        return .float(-number)
    }

    static func apply(_ symbol: String, _ a: Value, _ b: Value, _ interpreter: Interpreter) throws(TemplateError)
        -> Value
    {
        let budget = interpreter.budget
        switch (symbol, a, b) {
        case ("+", .string(let a), .string(let b)):
            try budget.charge(bytes: a.utf8.count + b.utf8.count)
            return .string(a + b)
        case ("+", .markup, _), ("+", _, .markup):
            guard let left = a.string, let right = b.string else { throw failure(symbol, a, b) }
            let parts = [(a, left), (b, right)].map { if case .markup = $0.0 { $0.1 } else { Filters.escaped($0.1) } }
            try budget.charge(bytes: 5 * (left.utf8.count + right.utf8.count))
            return .markup(parts[0] + parts[1])
        case (_, .markup, _), (_, _, .markup):
            throw .unsupported("'\(symbol)' of a text marked as HTML is not supported")
        case ("+", .list(let a), .list(let b)):
            try budget.charge(a.values.count + b.values.count)
            return .list(try Elements(a.values + b.values))
        case ("+", .tuple(let a), .tuple(let b)):
            try budget.charge(a.values.count + b.values.count)
            return .tuple(try Elements(a.values + b.values))
        case ("%", .string(let format), _): return .string(try PercentFormat.format(format, b, budget))
        case ("*", .string(let text), _) where b.integer != nil: return try repeated(text, b.integer ?? 0, budget)
        case ("*", _, .string(let text)) where a.integer != nil: return try repeated(text, a.integer ?? 0, budget)
        case ("*", .list(let list), _) where b.integer != nil:
            return .list(try repeated(list, b.integer ?? 0, budget))
        case ("*", _, .list(let list)) where a.integer != nil:
            return .list(try repeated(list, a.integer ?? 0, budget))
        case ("*", .tuple(let list), _) where b.integer != nil:
            return .tuple(try repeated(list, b.integer ?? 0, budget))
        case ("*", _, .tuple(let list)) where a.integer != nil:
            return .tuple(try repeated(list, a.integer ?? 0, budget))
        default: break
        }
        if let x = a.integer, let y = b.integer { return try integers(symbol, x, y) }
        guard let x = a.number, let y = b.number else { throw failure(symbol, a, b) }
        return try floats(symbol, x, y)
    }

    static let overflow = TemplateError.unsupported("an integer beyond 64 bits")

    private static func repeated(_ text: String, _ count: Int, _ budget: Budget) throws(TemplateError) -> Value {
        let (bytes, isTooMany) = text.utf8.count.multipliedReportingOverflow(by: max(count, 0))
        try budget.charge(bytes: isTooMany ? .max / 2 : bytes)
        return .string(String(repeating: text, count: text.isEmpty ? 0 : max(count, 0)))
    }

    private static func repeated(_ list: Elements, _ count: Int, _ budget: Budget) throws(TemplateError) -> Elements {
        let (total, isTooMany) = list.values.count.multipliedReportingOverflow(by: max(count, 0))
        try budget.charge(isTooMany ? .max / 2 : total)
        var values: [Value] = []
        if !list.values.isEmpty { for _ in 0..<max(count, 0) { values += list.values } }
        return try Elements(values)
    }

    private static func integers(_ symbol: String, _ a: Int, _ b: Int) throws(TemplateError) -> Value {
        let result: (Int, Bool)
        switch symbol {
        case "+": result = a.addingReportingOverflow(b)
        case "-": result = a.subtractingReportingOverflow(b)
        case "*": result = a.multipliedReportingOverflow(by: b)
        case "/":
            guard b != 0 else { throw .rendering("division by zero") }
            return .float(Double(a) / Double(b))
        case "//", "%":
            guard b != 0 else { throw .rendering("integer division or modulo by zero") }
            guard b != -1 else { return symbol == "%" ? .integer(0) : try negative(.integer(a)) }
            let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
            let isBelow = remainder != 0 && (remainder < 0) != (b < 0)
            return .integer(symbol == "%" ? remainder + (isBelow ? b : 0) : quotient - (isBelow ? 1 : 0))
        default:
            guard b >= 0 else { return try floats(symbol, Double(a), Double(b)) }
            result = power(a, b)
        }
        guard !result.1 else { throw overflow }
        return .integer(result.0)
    }

    private static func power(_ base: Int, _ exponent: Int) -> (Int, Bool) {
        var (result, base, exponent) = (1, base, exponent)
        var isTooLarge = false
        while exponent > 0 {
            if exponent & 1 == 1 {
                let product = result.multipliedReportingOverflow(by: base)
                if product.overflow || isTooLarge { return (0, true) }
                result = product.partialValue
            }
            exponent >>= 1
            let square = base.multipliedReportingOverflow(by: base)
            isTooLarge = isTooLarge || square.overflow
            base = square.partialValue
        }
        return (result, false)
    }

    private static func floats(_ symbol: String, _ a: Double, _ b: Double) throws(TemplateError) -> Value {
        switch symbol {
        case "+": return .float(a + b)
        case "-": return .float(a - b)
        case "*": return .float(a * b)
        case "/", "//", "%":
            guard b != 0 else {
                throw .rendering(symbol == "/" ? "float division by zero" : "float floor division by zero")
            }
            if symbol == "/" { return .float(a / b) }
            var remainder = fmod(a, b)
            if remainder != 0, (remainder < 0) != (b < 0) { remainder += b }
            if symbol == "%" { return .float(remainder == 0 ? Double(signOf: b, magnitudeOf: 0) : remainder) }
            let quotient = (a - remainder) / b
            return .float(quotient.rounded(.toNearestOrAwayFromZero))
        default:
            guard a != 0 || b >= 0 else { throw .rendering("0.0 cannot be raised to a negative power") }
            let result = pow(a, b)
            guard !result.isNaN || a.isNaN || b.isNaN else { throw .unsupported("complex numbers are not supported") }
            guard !result.isInfinite || a.isInfinite || b.isInfinite else {
                throw .rendering("Numerical result out of range")
            }
            return .float(result)
        }
    }
}
