import Artifacts
import Foundation

/// The JSON Schema (draft 2020-12) of pipeline files, for editors; made from the registered stage kinds.
///
/// It accepts whatever the loader accepts and catches what can be seen in one place; references are the loader's.
package struct PipelineSchema: Sendable {
    private let registry: StageRegistry

    package init(registry: StageRegistry) { self.registry = registry }

    /// Indented, keys sorted, with a final newline.
    package var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(json), as: UTF8.self) + "\n"
        }
    }

    package var json: JSONValue {
        .object([
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A calm pipeline",
            "type": "object",
            "required": ["name", "stages"],
            "additionalProperties": false,
            "properties": [
                "name": described(["type": ["string", "integer"], "pattern": Self.name], "The pipeline's name"),
                "description": described(Self.text, "What the pipeline is for"),
                "params": described(
                    ["type": ["object", "null"], "propertyNames": ["pattern": Self.name]],
                    "Values for ${params.NAME}, which --set params.NAME=VALUE replaces"),
                "baseline": described(
                    ["type": ["string", "integer"], "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$"],
                    "The pin whose run 'baseline' in gates means; the pin called baseline if left out"),
                "stages": [
                    "type": "object", "minProperties": 1, "propertyNames": ["pattern": Self.name],
                    "additionalProperties": ["$ref": "#/$defs/stage"],
                ],
            ],
            "$defs": .object(definitions),
        ])
    }

    private var definitions: [String: JSONValue] {
        [
            "stage": [
                "type": "object",
                "required": ["uses"],
                "additionalProperties": false,
                "properties": [
                    "uses": .object([
                        "description": "The stage kind",
                        "oneOf": .array(
                            registry.names.compactMap { name in
                                registry[name].map {
                                    .object(["const": .string(name), "description": .string($0.summary)])
                                }
                            }),
                    ]),
                    "description": described(Self.text, "What the stage is for"),
                    "with": described(["type": ["object", "null"]], "Parameters of the stage kind"),
                    "in": described(["type": ["object", "null"]], "Inputs by role"),
                    "matrix": described(Self.matrix, "One cell for each combination of the axes' values"),
                    "expect": ["$ref": "#/$defs/expect"],
                    "timeout": described(
                        [
                            "anyOf": [
                                ["type": "number", "exclusiveMinimum": 0], ["type": "string", "pattern": Self.number],
                            ]
                        ],
                        "Seconds"),
                    "retries": described(
                        [
                            "anyOf": [
                                Self.count(0...100),
                                [
                                    "type": "object", "required": ["count"], "additionalProperties": false,
                                    "properties": [
                                        "count": Self.count(0...100),
                                        "backoff": described(
                                            [
                                                "anyOf": [
                                                    ["type": "number", "exclusiveMinimum": 0],
                                                    ["type": "string", "pattern": Self.number],
                                                ]
                                            ],
                                            "Seconds before it is started again; twice as many each further time"),
                                    ],
                                ],
                            ]
                        ],
                        "How often it is started again after a failure"),
                    "resources": described(
                        [
                            "type": "object", "additionalProperties": false,
                            "properties": [
                                "cores": described(Self.count(1...1_024), "Cores that it is given"),
                                "memory": described(
                                    ["type": ["string", "integer"]],
                                    "Memory that all its processes may hold, such as 500MB or 4GiB"),
                            ],
                        ],
                        "What it may take"),
                ],
                "allOf": .array(registry.names.compactMap { registry[$0].map { conditions($0) } }),
            ],
            "input": [
                "anyOf": [
                    ["$ref": "#/$defs/reference"],
                    ["type": "array", "items": ["$ref": "#/$defs/reference"]],
                ]
            ],
            "reference": [
                "anyOf": [
                    described(
                        ["type": ["string", "integer"]],
                        "stage, stage.role, stage[axis=value] or ${…}"),
                    beside("file", "The path of a file, from the pipeline file's folder"),
                    beside("folder", "The path of a folder with all that is in it, from the pipeline file's folder"),
                    beside("glob", "A pattern for files, from the pipeline file's folder, such as data/**/*.csv"),
                ]
            ],
            "expect": [
                "description":
                    "Gates by metric, such as accuracy: \">= 0.8\" or \">= baseline - 0.01\"; a list with 'when' picks matrix cells",
                "anyOf": [
                    ["type": ["object", "null"], "additionalProperties": ["$ref": "#/$defs/gate"]],
                    [
                        "type": "array",
                        "items": [
                            "type": "object", "properties": ["when": ["type": "object"]],
                            "additionalProperties": ["$ref": "#/$defs/gate"],
                        ],
                    ],
                ],
            ],
            "gate": [
                "anyOf": [
                    ["type": "string", "pattern": .string("^ *(>=|<=|>|<|==) *(\(Self.bound)) *$|\\$\\{")],
                    ["type": "array", "items": ["type": "string"]],
                ]
            ],
        ]
    }

    /// A number, or an earlier value with what is done to it.
    private static let bound =
        "[-.0-9][-+.0-9eE]*|([-.0-9][-+.0-9eE]* *\\* *)?(baseline|median\\( *[0-9]+ *\\))( *[-+*] *[-.0-9][-+.0-9eE]*){0,2}"
    private static let name: JSONValue = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
    private static let number: JSONValue = "^[-.0-9][-+.0-9eE]*$"
    private static func count(_ range: ClosedRange<Int>) -> JSONValue {
        [
            "anyOf": [
                ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)],
                ["type": "string", "pattern": "^[0-9]+$"],
            ]
        ]
    }

    private static let text: JSONValue = ["type": ["string", "number", "boolean"]]
    private static let matrix: JSONValue = [
        "type": "object", "minProperties": 1, "propertyNames": ["pattern": name],
        "additionalProperties": [
            "anyOf": [
                ["type": "array", "minItems": 1, "items": ["type": ["string", "number", "boolean"]]],
                ["type": "string", "pattern": "\\$\\{"],
            ]
        ],
    ]

    private func beside(_ word: String, _ description: String) -> JSONValue {
        [
            "type": "object", "required": [.string(word)], "additionalProperties": false,
            "properties": .object([word: described(Self.text, description)]),
        ]
    }

    private func described(_ schema: JSONValue, _ description: String) -> JSONValue {
        guard case .object(var members) = schema else { return schema }
        members["description"] = .string(description)
        return .object(members)
    }

    /// What `with` and `in` may hold if `uses` names the kind.
    private func conditions<Kind: StageKind>(_ kind: Kind.Type) -> JSONValue {
        let fields = Kind.Parameters.fields
        let defaults = Kind.Parameters()
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        let properties = fields.map { field -> (String, JSONValue) in
            var members: [String: JSONValue] = ["description": .string(field.summary)]
            members["anyOf"] = .array([field.type.schema, ["type": "string", "pattern": "\\$\\{"]])
            if !field.isRequired { members["default"] = field.read(defaults) }
            return (field.name, .object(members))
        }
        var with: [String: JSONValue] = [
            "type": required.isEmpty ? ["object", "null"] : "object", "additionalProperties": false,
            "properties": .object(Dictionary(properties) { first, _ in first }),
        ]
        if !required.isEmpty { with["required"] = .array(required) }
        let roles = InputRoles(of: kind)
        var inputs: [String: JSONValue] = [
            "type": roles.required.isEmpty ? ["object", "null"] : "object",
            "properties": .object(
                roles.all.mapValues { role in
                    let types = role.types.isEmpty ? "anything" : enumeration(of: role.types.map(\.rawValue))
                    return .object(["$ref": "#/$defs/input", "description": .string("\(role.summary) (\(types))")])
                }),
        ]
        inputs["additionalProperties"] = Kind.acceptsOtherInputs ? ["$ref": "#/$defs/input"] : false
        if !roles.required.isEmpty { inputs["required"] = .array(roles.required.map(JSONValue.string)) }
        var sections: [String: JSONValue] = ["with": .object(with), "in": .object(inputs)]
        if let metrics = Kind.metrics { sections["expect"] = gates(on: metrics) }
        var then: [String: JSONValue] = ["properties": .object(sections)]
        let needed: [JSONValue] = (required.isEmpty ? [] : ["with"]) + (roles.required.isEmpty ? [] : ["in"])
        if !needed.isEmpty { then["required"] = .array(needed) }
        return .object([
            "if": .object([
                "required": ["uses"], "properties": .object(["uses": .object(["const": .string(Kind.name)])]),
            ]),
            "then": .object(then),
        ])
    }

    /// What an editor offers in `expect`: the metrics that the kind declares. Others are refused when the pipeline is read.
    private func gates(on metrics: [MetricDeclaration]) -> JSONValue {
        func description(_ metric: MetricDeclaration) -> JSONValue {
            let unit = metric.unit.isEmpty ? "" : " (\(metric.unit))"
            return .object(["$ref": "#/$defs/gate", "description": .string(metric.meaning + unit)])
        }
        let literal = metrics.filter(\.isLiteral).map { ($0.name, description($0)) }
        let properties = JSONValue.object(Dictionary(literal) { first, _ in first })
        return .object([
            "anyOf": [
                .object(["type": ["object", "null"], "properties": properties]),
                .object(["type": "array", "items": .object(["properties": properties])]),
            ]
        ])
    }
}

/// The input roles that a kind may have, whatever its parameters: seen by trying each word and each switch.
private struct InputRoles {
    let all: [String: InputRole]
    /// Required by every trial, sorted.
    let required: [String]

    init<Kind: StageKind>(of kind: Kind.Type) {
        let roles = Kind.parameterTrials.map(Kind.inputs)
        all = Dictionary(roles.joined().map { ($0.name, $0) }) { first, _ in first }
        required = all.keys.sorted().filter { name in
            roles.allSatisfy { $0.contains { $0.name == name && $0.arity.isRequired } }
        }
    }
}
