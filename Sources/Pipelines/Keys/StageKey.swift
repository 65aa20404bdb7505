import Artifacts

/// What a stage's result depends on: the canonical key document and its digest.
///
/// `{"calm": "stage-key", "format": 1, "kind", "version", "with": {…}, "in": {role: [digest…]}}`, and for the kinds
/// that ask for them `"labels": {role: [stage…]}` and `"environment": {NAME: value or null}`. Thread counts, paths,
/// times, gates and the stage's own name are not in it.
package struct StageKey: Sendable, Hashable {
    package let document: JSONValue
    package let digest: Digest

    package init(document: JSONValue) {
        self.document = document
        digest = Digest(of: document.canonicalBytes)
    }

    /// The key of a stage kind with every parameter and input resolved.
    package init(
        kind: any StageKind.Type, parameters: [String: JSONValue], inputs: [String: [BoundInput]],
        environment: [String: String?] = [:]
    ) {
        var document: [String: JSONValue] = [
            "calm": .string("stage-key"),
            "format": .int(1),
            "kind": .string(kind.name),
            "version": .int(kind.version),
            "with": .object(parameters),
            "in": .object(inputs.mapValues { .array($0.map { .string($0.digest.hex) }) }),
        ]
        if kind is any InputNamingKind.Type {
            document["labels"] = .object(inputs.mapValues { .array($0.map { .string($0.label) }) })
        }
        if kind is any EnvironmentReadingKind.Type {
            document["environment"] = .object(environment.mapValues { $0.map(JSONValue.string) ?? .null })
        }
        self.init(document: .object(document))
    }
}

/// An input after resolution: which artifact, and where it came from.
package struct BoundInput: Sendable, Hashable {
    package enum Origin: String, Sendable { case stage, file }

    package let digest: Digest
    package let origin: Origin
    /// The name of the stage that made it, or the path of the file as the pipeline writes it.
    package let label: String

    package init(digest: Digest, origin: Origin = .stage, label: String) {
        self.digest = digest
        self.origin = origin
        self.label = label
    }
}
