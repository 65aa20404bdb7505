import Foundation

extension Filters {
    static let numberFilters: [String: Call] = [
        "int": toInteger, "float": toFloat, "abs": absolute, "round": round,
    ]

    private static let toInteger: Call = { (value, arguments, _) throws(TemplateError) in
        let values = try arguments.bound("int", ["default", "base"])
        let fallback = values[0] ?? .integer(0)
        let base = try Arguments.integer(values[1], 10, "int")
        switch value {
        case .undefined(let why): throw .rendering(why)
        case .string(let text):
            if let integer = NumberText.integer(text, base: base) { return .integer(integer) }
            guard let number = NumberText.double(text), number.isFinite else { return fallback }
            return try integer(number)
        case .float(let number):
            if number.isNaN { return fallback }
            guard number.isFinite else { throw .rendering("cannot convert float infinity to integer") }
            return try integer(number)
        default: return value.integer.map(Value.integer) ?? fallback
        }
    }

    private static func integer(_ number: Double) throws(TemplateError) -> Value {
        guard let integer = Int(exactly: number.rounded(.towardZero)) else { throw Arithmetic.overflow }
        return .integer(integer)
    }

    private static let toFloat: Call = { (value, arguments, _) throws(TemplateError) in
        let fallback = try arguments.bound("float", ["default"])[0] ?? .float(0)
        switch value {
        case .undefined(let why): throw .rendering(why)
        case .string(let text): return NumberText.double(text).map(Value.float) ?? fallback
        default: return value.number.map(Value.float) ?? fallback
        }
    }

    private static let absolute: Call = { (value, arguments, _) throws(TemplateError) in
        _ = try arguments.bound("abs", [])
        if let integer = value.integer {
            guard integer != .min else { throw Arithmetic.overflow }
            return .integer(abs(integer))
        }
        guard case .float(let number) = value else {
            if case .undefined(let why) = value { throw .rendering(why) }
            throw .rendering("bad operand type for abs(): '\(value.typeName)'")
        }
        return .float(abs(number))
    }

    private static let round: Call = { (value, arguments, _) throws(TemplateError) in
        let values = try arguments.bound("round", ["precision", "method"])
        let precision = try Arguments.integer(values[0], 0, "round")
        let method = try values[1].map { (v) throws(TemplateError) in try Arguments.string(v, "round") } ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw .rendering("method must be common, ceil or floor")
        }
        guard let number = value.number else {
            if case .undefined(let why) = value { throw .rendering(why) }
            throw .rendering("type \(value.typeName) doesn't define __round__ method")
        }
        guard abs(precision) <= 300 else { throw .unsupported("rounding to \(precision) digits is not supported") }
        if method == "common" {
            if let integer = value.integer {
                guard precision >= 0 else { throw .unsupported("rounding an integer to tens is not supported") }
                return .integer(integer)
            }
            guard number.isFinite else { return value }
            // The digits of printf are correctly rounded, ties to even, as Python's are.
            if precision >= 0 { return .float(Double(String(format: "%.\(precision)f", number)) ?? number) }
            let unit = pow(10, Double(-precision))
            return .float((number / unit).rounded(.toNearestOrEven) * unit)
        }
        let unit = pow(10, Double(precision))
        let scaled = number * unit
        let rounded = method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)
        return .float(rounded / unit)
    }
}
