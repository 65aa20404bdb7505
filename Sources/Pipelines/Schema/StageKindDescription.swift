import Artifacts

/// What a stage kind takes and gives, for people and programs: `calm kinds`.
package struct StageKindDescription: Sendable {
    package struct Parameter: Sendable {
        package let name: String
        /// `an integer from 1 to 10`
        package let type: String
        /// Nil for one that must be given.
        package let defaultValue: JSONValue?
        package let summary: String
    }

    package let name: String
    package let version: Int
    package let summary: String
    /// All that there may be, whatever the parameters.
    package let inputs: [InputRole]
    package let acceptsOtherInputs: Bool
    package let parameters: [Parameter]
    package let outputs: [OutputRole]
    /// Nil if the stage says which metrics it gives, as a command does.
    package let metrics: [MetricDeclaration]?

    package init(of kind: any StageKind.Type) { self.init(kind) }

    private init<Kind: StageKind>(_ kind: Kind.Type) {
        name = Kind.name
        version = Kind.version
        summary = Kind.summary
        acceptsOtherInputs = Kind.acceptsOtherInputs
        let defaults = Kind.Parameters()
        parameters = Kind.Parameters.fields.map { field in
            Parameter(
                name: field.name, type: field.type.expectation,
                defaultValue: field.isRequired ? nil : field.read(defaults), summary: field.summary)
        }
        let trials = Kind.parameterTrials
        inputs = Self.distinct(trials.map(Kind.inputs), by: \.name)
        outputs = Self.distinct(trials.map(Kind.outputs), by: \.name)
        metrics = Kind.metrics
    }

    /// Each role once, in the order in which they are first met.
    private static func distinct<Role>(_ roles: [[Role]], by name: (Role) -> String) -> [Role] {
        var names: Set<String> = []
        return roles.joined().filter { names.insert(name($0)).inserted }
    }
}

extension StageKind {
    /// Parameters that roles may depend on: the defaults, and with each word and each switch.
    static var parameterTrials: [Parameters] {
        var trials = [Parameters()]
        for field in Parameters.fields {
            for value in field.type.samples {
                var parameters = Parameters()
                field.write(&parameters, value)
                trials.append(parameters)
            }
        }
        return trials
    }
}

extension StageKindDescription {
    package var json: JSONValue {
        .object([
            "name": .string(name), "version": .int(version), "summary": .string(summary),
            "inputs": .array(
                inputs.map { role in
                    .object([
                        "name": .string(role.name), "types": .array(role.types.map { .string($0.rawValue) }),
                        "count": .string(role.arity.description), "summary": .string(role.summary),
                    ])
                }),
            "acceptsOtherInputs": .bool(acceptsOtherInputs),
            "parameters": .array(
                parameters.map { parameter in
                    .object([
                        "name": .string(parameter.name), "type": .string(parameter.type),
                        "required": .bool(parameter.defaultValue == nil),
                        "default": parameter.defaultValue ?? .null, "summary": .string(parameter.summary),
                    ])
                }),
            "outputs": .array(
                outputs.map { role in
                    .object([
                        "name": .string(role.name), "type": .string(role.type.rawValue),
                        "summary": .string(role.summary),
                    ])
                }),
            "metrics": metrics.map { metrics in
                .array(
                    metrics.map { metric in
                        .object([
                            "name": .string(metric.name), "unit": .string(metric.unit),
                            "meaning": .string(metric.meaning),
                        ])
                    })
            } ?? .null,
        ])
    }
}

extension InputRole.Arity: CustomStringConvertible {
    package var description: String {
        switch self {
        case .one: "one"
        case .optional: "none or one"
        case .many: "one or more"
        case .any: "any number"
        }
    }
}
