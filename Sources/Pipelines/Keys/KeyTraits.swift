import Artifacts

/// A stage kind whose outputs mention where its inputs came from, so that their labels belong in the key.
package protocol InputNamingKind: StageKind {}

/// A stage kind that sees which inputs were given as a list, and what the members of that are called: both belong in the key.
package protocol LayoutReadingKind: StageKind {}

/// A stage kind that sees some of the caller's environment, whose values therefore belong in the key.
package protocol EnvironmentReadingKind: StageKind {
    /// The names of the variables that the stage may see.
    static func environmentNames(_ parameters: Parameters) -> [String]
}

extension EnvironmentReadingKind {
    /// The declared variables with their values; nil for those that aren't set.
    static func readEnvironment(
        _ parameters: [String: JSONValue], from environment: [String: String]
    ) -> [String: String?] {
        let names = environmentNames(Parameters(canonical: parameters))
        return Dictionary(names.map { ($0, environment[$0]) }, uniquingKeysWith: { first, _ in first })
    }
}
