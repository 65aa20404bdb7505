/// The value as one type, or nil if it is of another.
extension JSONValue {
    package var integer: Int? { if case .int(let value) = self { value } else { nil } }
    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        // JSON has no spelling for these; a diverged loss is a fact all the same.
        case .string("NaN"): .nan
        case .string("Infinity"): .infinity
        case .string("-Infinity"): -.infinity
        default: nil
        }
    }
    package var text: String? { if case .string(let value) = self { value } else { nil } }
    var digest: Digest? { text.flatMap(Digest.init(hex:)) }
    package var members: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }

    /// Every member converted, or nil if one can't be.
    func dictionary<Value>(_ convert: (JSONValue) -> Value?) -> [String: Value]? {
        guard let members else { return nil }
        var result: [String: Value] = [:]
        for (name, member) in members {
            guard let value = convert(member) else { return nil }
            result[name] = value
        }
        return result
    }

    init(number: Double) {
        self = number.isFinite ? .double(number) : .string(number.isNaN ? "NaN" : number > 0 ? "Infinity" : "-Infinity")
    }

    /// Whether every number is finite, as `canonical` needs.
    var isFinite: Bool {
        switch self {
        case .double(let value): value.isFinite
        case .array(let values): values.allSatisfy(\.isFinite)
        case .object(let members): members.values.allSatisfy(\.isFinite)
        case .null, .bool, .int, .string: true
        }
    }
}
