import Artifacts

/// A stage kind whose outputs mention where its inputs came from, so that their labels belong in the key.
package protocol InputNamingKind: StageKind {}

/// A stage kind that sees which inputs were given as a list, and what the members of that are called: both belong in the key.
package protocol LayoutReadingKind: StageKind {}

/// A stage kind that sees some of the caller's environment.
package protocol EnvironmentReadingKind: StageKind {
    /// The names of the variables whose values the result may depend on: digests of them are in the key.
    static func environmentNames(_ parameters: Parameters) -> [String]
    /// The names of further variables that the stage sees, and that make no difference to its result.
    static func passedThroughNames(_ parameters: Parameters) -> [String]
}

extension EnvironmentReadingKind {
    package static func passedThroughNames(_ parameters: Parameters) -> [String] { [] }
}

/// The part of the caller's environment that a stage sees; nil for variables that aren't set.
struct StageEnvironment {
    var keyed: [String: String?] = [:]
    var passedThrough: [String: String?] = [:]

    /// All of it, for the worker.
    var all: [String: String?] { keyed.merging(passedThrough) { own, _ in own } }
}

extension EnvironmentReadingKind {
    static func readEnvironment(
        _ parameters: [String: JSONValue], from environment: [String: String]
    ) -> StageEnvironment {
        let parameters = Parameters(canonical: parameters)
        func values(_ names: [String]) -> [String: String?] {
            Dictionary(names.map { ($0, environment[$0]) }) { first, _ in first }
        }
        return StageEnvironment(
            keyed: values(environmentNames(parameters)), passedThrough: values(passedThroughNames(parameters)))
    }
}
