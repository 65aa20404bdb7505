/// What the store and the catalogue read in a key document; the rest of it is the pipeline's affair.
///
/// `{"kind": TEXT, "version": NUMBER, "in": {ROLE: [DIGEST…]}, …}`
extension ExecutionRecord {
    /// One use of an artifact by an execution.
    package struct Input: Hashable, Sendable {
        package let role: String
        /// The place among the digests of the role, from 0.
        package let position: Int
        package let digest: Digest

        package init(role: String, position: Int, digest: Digest) {
            self.role = role
            self.position = position
            self.digest = digest
        }
    }

    /// The stage kind, or "unknown".
    package var kind: String { keyDocument.members?["kind"]?.text ?? "unknown" }

    /// The stage kind's version, or 0.
    package var kindVersion: Int { keyDocument.members?["version"]?.integer ?? 0 }

    /// What the values of environment variables begin with in key documents: a digest under the store's secret follows.
    package static let sealedValuePrefix = "hmac-sha256:"

    /// The values of environment variables that a key document holds in clear, by name: earlier versions wrote them so.
    package static func clearVariables(in keyDocument: JSONValue) -> [String: String] {
        (keyDocument.members?["environment"]?.members ?? [:]).compactMapValues { value in
            value.text.flatMap { $0.hasPrefix(sealedValuePrefix) || $0.isEmpty ? nil : $0 }
        }
    }

    /// The names of the variables whose values the record holds in clear, sorted.
    package var clearVariables: [String] { Self.clearVariables(in: keyDocument).keys.sorted() }

    /// The digests of the inputs, by role in alphabetical order, within a role in the order written.
    package var inputs: [Input] { Self.inputs(of: keyDocument) }

    /// The same of any key document.
    package static func inputs(of keyDocument: JSONValue) -> [Input] {
        guard let roles = keyDocument.members?["in"]?.members else { return [] }
        return roles.sorted { $0.key < $1.key }.flatMap { role, value in
            value.digests.enumerated().map { Input(role: role, position: $0.offset, digest: $0.element) }
        }
    }
}

extension JSONValue {
    /// Every digest inside, depth first; members of objects in the order of their names.
    fileprivate var digests: [Digest] {
        switch self {
        case .string: digest.map { [$0] } ?? []
        case .array(let values): values.flatMap(\.digests)
        case .object(let members): members.sorted { $0.key < $1.key }.flatMap(\.value.digests)
        case .null, .bool, .int, .double: []
        }
    }
}
