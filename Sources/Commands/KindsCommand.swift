import ArgumentParser
import Artifacts
import Foundation
import Pipelines
import Reports
import Tasks

struct KindsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds",
        abstract: "List the stage kinds, or what one of them takes and gives.",
        discussion: """
            EXAMPLES
              calm kinds
              calm kinds model.train
            """)

    @Argument(help: "The stage kind; without it, all kinds are listed.")
    var kind: String?

    @Flag(help: "Write JSON.")
    var json = false

    func run() throws {
        let registry = StageRegistry.builtIn
        let kinds = registry.names.compactMap { registry[$0].map(StageKindDescription.init(of:)) }
        guard let kind else {
            if json { return try output(json: JSONValue.array(kinds.map(\.json))) }
            return try output(columns(kinds.map { [$0.name, $0.summary] }), terminator: "")
        }
        guard let found = kinds.first(where: { $0.name == kind }) else {
            let advice = registry.nearest(to: kind).map { "did you mean '\($0)'?" } ?? "`calm kinds` lists them"
            throw CommandFailure.notFound("there is no stage kind '\(kind)'; \(advice)")
        }
        try json ? output(json: found.json) : output(found.text, terminator: "")
    }
}

extension StageKindDescription {
    fileprivate var text: String {
        var text = "\(name): \(summary) (version \(version))\n"
        var inputRows = inputs.map { [$0.name, $0.arity.description, Self.types($0.types), $0.summary] }
        if acceptsOtherInputs {
            inputRows.append(["ROLE", InputRole.Arity.any.description, Self.types([]), "inputs under any other name"])
        }
        text += section("inputs", inputRows, none: "no inputs")
        let rows = parameters.map { parameter in
            let value = parameter.defaultValue.map { "default \(Self.text($0))" } ?? "required"
            return [parameter.name, value, "\(parameter.summary): \(parameter.type)"]
        }
        text += section("parameters", rows, none: "no parameters")
        text += section(
            "outputs", outputs.map { [$0.name, $0.type.rawValue, $0.summary] }, none: "outputs as its parameters say")
        if let metrics {
            text += section("metrics", metrics.map { [$0.name, $0.unit, $0.meaning] }, none: "no metrics")
        } else {
            text += "\nmetrics as the stage gives them\n"
        }
        return text
    }

    private func section(_ title: String, _ rows: [[String]], none: String) -> String {
        rows.isEmpty ? "\n\(none)\n" : "\n\(title)\n" + columns(rows)
    }

    private static func types(_ types: [ArtifactType]) -> String {
        types.isEmpty ? "anything" : types.map(\.rawValue).joined(separator: " or ")
    }

    private static func text(_ value: JSONValue) -> String {
        if case .string(let text) = value, !text.isEmpty { text } else { value.canonical }
    }
}
