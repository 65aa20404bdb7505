/// The stage kinds that pipelines may use, by name.
package struct StageRegistry: Sendable {
    private let kinds: [String: any StageKind.Type]
    /// In alphabetical order.
    package let names: [String]

    /// - Precondition: no two kinds have the same name.
    package init(_ kinds: [any StageKind.Type]) {
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { first, _ in
            preconditionFailure("two stage kinds are named '\(first.name)'")
        }
        names = self.kinds.keys.sorted()
    }

    /// The name that a mistyped one most likely means.
    package func nearest(to name: String) -> String? { nearestName(to: name, among: names) }

    package subscript(name: String) -> (any StageKind.Type)? { kinds[name] }
}
