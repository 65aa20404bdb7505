import Artifacts

/// What a stage's result depends on: the canonical key document and its digest.
///
/// `{"calm": "stage-key", "format": 1, "kind", "version", "with": {…}, "in": {role: [digest…]}}`, and for the kinds
/// that ask for them `"labels": {role: [stage…]}`, `"environment": {NAME: digest or null}`, where the digest is one under the
/// store's secret, and, where an input is a list, `"lists": {role: [{"stage", "matrix": {axis: value}}…]}`. Parameters that
/// aren't keyed, thread counts, paths, times, gates and the stage's own name are not in it.
package struct StageKey: Sendable, Hashable {
    package let document: JSONValue
    package let digest: Digest

    package init(document: JSONValue) {
        self.document = document
        digest = Digest(of: document.canonicalBytes)
    }

    /// The key of a stage kind with every parameter and input resolved.
    ///
    /// - Parameter environment: The digests of the variables' values; nil for those that aren't set.
    package init(
        kind: any StageKind.Type, parameters: [String: JSONValue], inputs: [String: [BoundInput]],
        lists: Set<String> = [], environment: [String: Digest?] = [:]
    ) {
        var parameters = parameters
        for name in kind.unkeyedParameters { parameters[name] = nil }
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
            document["environment"] = .object(environment.mapValues { $0.map(Self.sealed) ?? .null })
        }
        if !lists.isEmpty, kind is any LayoutReadingKind.Type {
            let lists = lists.map { role in (role, JSONValue.array((inputs[role] ?? []).map(\.listing))) }
            document["lists"] = .object(Dictionary(lists) { first, _ in first })
        }
        self.init(document: .object(document))
    }

    /// The roles that were given as lists, for the kinds that see it.
    var lists: Set<String> { Set((document.members?["lists"]?.members ?? [:]).keys) }
}

extension StageKey {
    private static func sealed(_ digest: Digest) -> JSONValue {
        .string(ExecutionRecord.sealedValuePrefix + digest.hex)
    }
}

/// An input after resolution: which artifact, and where it came from.
package struct BoundInput: Sendable, Hashable {
    package enum Origin: String, Sendable { case stage, file, folder, glob }

    package let digest: Digest
    package let origin: Origin
    /// The name of the stage that made it, or the path or pattern as the pipeline writes it.
    package let label: String

    package init(digest: Digest, origin: Origin = .stage, label: String) {
        self.digest = digest
        self.origin = origin
        self.label = label
    }
}

extension BoundInput {
    /// What tells it from the others of a list: its stage's name and, for a cell of a matrix, the values of the axes; or its path.
    var listing: JSONValue {
        guard origin == .stage else { return .object([origin.rawValue: .string(label)]) }
        guard let selection = StageReference(label)?.selection else { return .object(["stage": .string(label)]) }
        let axes = selection.map { ($0.axis, JSONValue.string($0.value)) }
        return .object([
            "stage": .string(label), "matrix": .object(Dictionary(axes) { first, _ in first }),
        ])
    }
}
