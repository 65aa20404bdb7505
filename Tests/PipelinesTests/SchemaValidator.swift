import Artifacts
import Foundation

/// The part of JSON Schema draft 2020-12 that the pipeline schema uses; an unknown keyword is an error.
struct SchemaValidator {
    struct UnknownKeyword: Error { let keyword: String }

    let root: JSONValue

    /// True if the schema, of which `root` is the whole, allows the value.
    func allows(_ value: JSONValue, by schema: JSONValue? = nil) throws -> Bool {
        guard case .object(let members) = schema ?? root else { return (schema ?? root) != .bool(false) }
        for (keyword, argument) in members {
            if try !allows(value, keyword, argument, members) { return false }
        }
        return true
    }

    private func allows(
        _ value: JSONValue, _ keyword: String, _ argument: JSONValue, _ siblings: [String: JSONValue]
    ) throws -> Bool {
        switch (keyword, argument, value) {
        case ("$schema", _, _), ("$defs", _, _), ("title", _, _), ("description", _, _), ("default", _, _): return true
        case ("then", _, _): return true
        case ("if", _, _):
            guard try allows(value, by: argument), let then = siblings["then"] else { return true }
            return try allows(value, by: then)
        case ("$ref", .string(let path), _):
            var target = root
            for part in path.dropFirst(2).split(separator: "/") {
                guard case .object(let members) = target, let next = members[String(part)] else { return false }
                target = next
            }
            return try allows(value, by: target)
        case ("anyOf", .array(let schemas), _): return try schemas.contains { try allows(value, by: $0) }
        case ("allOf", .array(let schemas), _): return try schemas.allSatisfy { try allows(value, by: $0) }
        case ("oneOf", .array(let schemas), _): return try schemas.count { try allows(value, by: $0) } == 1
        case ("enum", .array(let values), _): return values.contains(value)
        case ("const", _, _): return value == argument
        case ("type", .string(let type), _): return self.types(of: value).contains(type)
        case ("type", .array(let types), _):
            return types.contains {
                if case .string(let type) = $0 { self.types(of: value).contains(type) } else { false }
            }
        case ("pattern", .string(let pattern), .string(let text)): return try text.contains(Regex(pattern))
        case ("minimum", _, _): return number(value).map { $0 >= number(argument) ?? .infinity } ?? true
        case ("maximum", _, _): return number(value).map { $0 <= number(argument) ?? -.infinity } ?? true
        case ("exclusiveMinimum", _, _): return number(value).map { $0 > number(argument) ?? .infinity } ?? true
        case ("items", _, .array(let items)): return try items.allSatisfy { try allows($0, by: argument) }
        case ("minItems", .int(let count), .array(let items)): return items.count >= count
        case ("minProperties", .int(let count), .object(let members)): return members.count >= count
        case ("required", .array(let names), .object(let members)):
            return names.allSatisfy { if case .string(let name) = $0 { members[name] != nil } else { false } }
        case ("properties", .object(let schemas), .object(let members)):
            return try members.allSatisfy { try schemas[$0] == nil || allows($1, by: schemas[$0]) }
        case ("propertyNames", _, .object(let members)):
            return try members.keys.allSatisfy { try allows(.string($0), by: argument) }
        case ("additionalProperties", _, .object(let members)):
            var known: Set<String> = []
            if case .object(let schemas)? = siblings["properties"] { known = Set(schemas.keys) }
            return try members.allSatisfy { try known.contains($0) || allows($1, by: argument) }
        case ("pattern", _, _), ("items", _, _), ("minItems", _, _), ("minProperties", _, _), ("required", _, _),
            ("properties", _, _), ("propertyNames", _, _), ("additionalProperties", _, _):
            return true
        default: throw UnknownKeyword(keyword: keyword)
        }
    }

    private func types(of value: JSONValue) -> [String] {
        switch value {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .int: ["integer", "number"]
        case .double: ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }

    private func number(_ value: JSONValue) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}
