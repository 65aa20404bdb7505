import Artifacts

/// A cell whose parameters have been read: what planning and the cells downstream need of it.
struct CheckedStage {
    let kind: any StageKind.Type
    /// Every parameter by name, defaults included.
    let parameters: [String: JSONValue]
    /// Where each parameter that was written got its value.
    let parameterLocations: [String: SourceLocation]
    /// False if a parameter has a mistake, so that the roles below are those of the default.
    let hasSoundParameters: Bool
    let inputs: [InputRole]
    let outputs: [OutputRole]
    /// Why no gate could be met; nil if the stage may give metrics.
    let lackOfMetrics: String?
    /// The kind's own check of parameters and facts.
    let plan: @Sendable ([String: [Facts]]) throws -> [String: Facts]

    /// False if the roles may be others once the parameters are sound.
    var hasKnownRoles: Bool { hasSoundParameters || !kind.acceptsOtherInputs }
}

extension CheckedStage {
    /// Reads `with:` as the kind's parameters; what is wrong is reported and left at its default.
    ///
    /// - Parameter with: nil if it is broken as a whole.
    init<Kind: StageKind>(
        _ kind: Kind.Type, stage: String, location: SourceLocation, with: [DocumentNode.Entry]?, template: Template,
        _ collector: inout DiagnosticCollector
    ) {
        var parameters = Kind.Parameters()
        var locations: [String: SourceLocation] = [:]
        var isSound = with != nil
        for entry in with ?? [] {
            guard let field = Kind.Parameters.fields.first(where: { $0.name == entry.key }) else {
                collector.report(
                    entry.keyLocation, unknown: "stage \(quoted(stage)): unknown parameter", entry.key, of: Kind.name,
                    valid: Kind.Parameters.fields.map(\.name))
                isSound = false
                continue
            }
            let node = template.filled(entry.value, &collector)
            let subject = "stage \(quoted(stage)): parameter \(quoted(entry.key))"
            locations[entry.key] = node.location
            if let value = field.type.value(of: node, subject, &collector) {
                field.write(&parameters, value)
            } else {
                isSound = false
            }
        }
        if with != nil {
            for field in Kind.Parameters.fields where field.isRequired && locations[field.name] == nil {
                collector.report(
                    location,
                    "stage \(quoted(stage)): the parameter \(quoted(field.name)) of \(Kind.name) is missing; "
                        + "expected \(field.type.expectation) (\(field.summary))")
                isSound = false
            }
        }
        let final = parameters
        self.kind = kind
        self.parameters = final.canonical
        parameterLocations = locations
        hasSoundParameters = isSound
        inputs = Kind.inputs(final)
        outputs = Kind.outputs(final)
        lackOfMetrics = isSound ? Kind.lackOfMetrics(final) : nil
        plan = { try Kind.plan(final, inputs: $0) }
    }
}
