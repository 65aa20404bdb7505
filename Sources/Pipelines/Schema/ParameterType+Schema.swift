import Artifacts

extension ParameterType {
    /// The JSON Schema of the values that the loader reads as this type.
    ///
    /// An editor sees YAML's guess of a scalar (`no` as false, `1` as a number), so a string may be any scalar, and a
    /// number may be quoted.
    var schema: JSONValue {
        switch self {
        case .int(let range):
            var number: [String: JSONValue] = ["type": "integer"]
            if range.lowerBound != .min { number["minimum"] = .int(range.lowerBound) }
            if range.upperBound != .max { number["maximum"] = .int(range.upperBound) }
            return ["anyOf": [.object(number), ["type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"]]]
        case .double(let range):
            var number: [String: JSONValue] = ["type": "number"]
            if range.lowerBound > -Double.greatestFiniteMagnitude { number["minimum"] = .double(range.lowerBound) }
            if range.upperBound < Double.greatestFiniteMagnitude { number["maximum"] = .double(range.upperBound) }
            // YAML 1.1 readers take 1e-3 for text.
            return ["anyOf": [.object(number), ["type": "string", "pattern": "^[-.0-9][-+.0-9eE]*$"]]]
        case .bool: return ["enum": [true, false, "true", "false"]]
        case .string: return ["type": ["string", "number", "boolean", "null"]]
        case .choice(let words): return ["enum": .array(words.flatMap(Self.guesses))]
        case .list(let type): return .object(["type": "array", "items": type.schemaOrReference])
        case .map(let type): return .object(["type": "object", "additionalProperties": type.schemaOrReference])
        case .optional(let type): return ["anyOf": [type.schema, ["enum": [.null, "null", "~", ""]]]]
        case .either(let types): return .object(["anyOf": .array(types.map(\.schema))])
        }
    }

    /// Inside lists and maps, a value may be a lone `${…}` too.
    private var schemaOrReference: JSONValue { ["anyOf": [schema, ["type": "string", "pattern": "\\$\\{"]]] }

    /// The word, and what YAML may take it for.
    private static func guesses(_ word: String) -> [JSONValue] {
        switch word {
        case "yes", "on", "true": [.string(word), .bool(true)]
        case "no", "off", "false": [.string(word), .bool(false)]
        case "null": [.string(word), .null]
        default:
            if let number = plainInteger(word) { [.string(word), .int(number)] } else { [.string(word)] }
        }
    }

    /// A few values for types that have few: those that roles may depend on.
    var samples: [JSONValue] {
        switch self {
        case .bool: [.bool(false), .bool(true)]
        case .choice(let words): words.map(JSONValue.string)
        case .optional(let type): type.samples
        case .either(let types): types.flatMap(\.samples)
        case .int, .double, .string, .list, .map: []
        }
    }
}
