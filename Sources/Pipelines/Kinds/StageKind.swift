import Artifacts

/// Swift code that turns inputs and parameters into artifacts.
package protocol StageKind: Sendable {
    associatedtype Parameters: StageParameters

    /// The name that a pipeline says after `uses:`, such as `model.train`.
    static var name: String { get }
    /// Raised whenever the same key would give other bytes.
    static var version: Int { get }
    /// One line for `calm schema` and error messages.
    static var summary: String { get }

    /// True if a pipeline may give inputs under role names that `inputs(_:)` doesn't list: any number each, of any type.
    static var acceptsOtherInputs: Bool { get }

    static func inputs(_ parameters: Parameters) -> [InputRole]
    /// The first output is the one meant by a bare stage name.
    static func outputs(_ parameters: Parameters) -> [OutputRole]
    /// Why the stage gives no metric, so that no gate could be met; nil if it may give some.
    static func lackOfMetrics(_ parameters: Parameters) -> String?
    /// The metrics that the kind gives; nil if only the stage's own parameters say which.
    static var metrics: [MetricDeclaration]? { get }
    /// The file or the like that should hold the stage's metrics; nil if the stage may have none. Where it holds nothing that
    /// can be read, the stage misses a gate by that name.
    static func promisesMetrics(_ parameters: Parameters) -> String?
    /// Metrics that say how an execution went rather than what it gave, such as the memory that it held: when a stage is run
    /// again, they aren't compared.
    static var incidentalMetrics: Set<String> { get }
    /// How many cores the stage can use; the scheduler gives it at most as many as the run's budget has.
    static func cores(_ parameters: Parameters) -> CoreDemand

    /// Checks what one field's range can't say, given what is known of the inputs, and says what is known of the outputs.
    ///
    /// - Throws: `PlanningError` naming the parameter at fault, before any stage has run.
    static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts]

    /// Runs in a worker process: reads inputs from the context, writes every declared output to it.
    static func run(_ parameters: Parameters, _ context: StageContext) throws
}

extension StageKind {
    package static var acceptsOtherInputs: Bool { false }
    package static func lackOfMetrics(_ parameters: Parameters) -> String? { nil }
    package static var metrics: [MetricDeclaration]? { nil }
    package static func promisesMetrics(_ parameters: Parameters) -> String? { nil }
    package static var incidentalMetrics: Set<String> { [] }
    package static func cores(_ parameters: Parameters) -> CoreDemand { .one }
    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] { [:] }
}

extension StageKind {
    /// The metrics that another execution of the same key gave otherwise.
    static func changes(of earlier: [String: Double], to metrics: [String: Double]) -> [RunComparison.Change<Double>] {
        RunComparison.changes(earlier, metrics).filter { !incidentalMetrics.contains($0.name) }
    }
}

package enum CoreDemand: Sendable {
    case one
    /// As many as there are, up to this many: what the stage's work divides into.
    case upTo(Int)
}

/// What planning knows of an artifact before it exists, such as `keys: 512`; an unknown fact is absent.
package typealias Facts = [String: Int]

/// A parameter combination that can't work, found at planning.
package struct PlanningError: Error, Sendable {
    /// The parameter at fault, or nil if it is the stage as a whole.
    package let parameter: String?
    package let message: String

    package init(parameter: String? = nil, _ message: String) {
        self.parameter = parameter
        self.message = message
    }
}

package struct InputRole: Sendable {
    /// How many inputs a role takes: one; none or one; one or more; none or more.
    package enum Arity: Sendable {
        case one, optional, many, any

        var isRequired: Bool { self == .one || self == .many }
        var takesSeveral: Bool { self == .many || self == .any }
    }

    package let name: String
    /// The accepted artifact types; any type if empty. A file beside the pipeline has the type `file`.
    package let types: [ArtifactType]
    package let arity: Arity
    package let summary: String

    package init(_ name: String, _ types: [ArtifactType], _ arity: Arity, _ summary: String) {
        self.name = name
        self.types = types
        self.arity = arity
        self.summary = summary
    }

    /// A role that takes exactly one input.
    package init(_ name: String, _ types: [ArtifactType], _ summary: String) {
        self.init(name, types, .one, summary)
    }
}

package struct OutputRole: Sendable {
    package let name: String
    package let type: ArtifactType
    package let summary: String

    package init(_ name: String, _ type: ArtifactType, _ summary: String) {
        self.name = name
        self.type = type
        self.summary = summary
    }
}
