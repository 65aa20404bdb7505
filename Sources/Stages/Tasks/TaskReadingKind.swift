import Pipelines

/// A generic stage kind that reads what tasks define, such as tokenizers and judges.
package protocol TaskReadingKind: Sendable {
    associatedtype Parameters: StageParameters

    // As in `StageKind`.
    static var name: String { get }
    static var version: Int { get }
    static var summary: String { get }
    static var metrics: [MetricDeclaration]? { get }
    static var incidentalMetrics: Set<String> { get }
    static func inputs(_ parameters: Parameters) -> [InputRole]
    static func outputs(_ parameters: Parameters) -> [OutputRole]
    static func cores(_ parameters: Parameters) -> CoreDemand

    static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts]
    static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws
}

extension TaskReadingKind {
    package static var incidentalMetrics: Set<String> { [] }
    package static func cores(_ parameters: Parameters) -> CoreDemand { .one }
}

/// Says which tasks there are.
package protocol TaskList: Sendable {
    static var tasks: TaskRegistry { get }
}

/// The stage kind that a generic kind becomes once it is said which tasks there are.
package enum WithTasks<Kind: TaskReadingKind, List: TaskList>: StageKind {
    package typealias Parameters = Kind.Parameters

    package static var name: String { Kind.name }
    package static var version: Int { Kind.version }
    package static var summary: String { Kind.summary }
    package static var metrics: [MetricDeclaration]? { Kind.metrics }
    package static var incidentalMetrics: Set<String> { Kind.incidentalMetrics }
    package static func inputs(_ parameters: Parameters) -> [InputRole] { Kind.inputs(parameters) }
    package static func outputs(_ parameters: Parameters) -> [OutputRole] { Kind.outputs(parameters) }
    package static func cores(_ parameters: Parameters) -> CoreDemand { Kind.cores(parameters) }

    package static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
        try Kind.plan(parameters, inputs: inputs, tasks: List.tasks)
    }

    package static func run(_ parameters: Parameters, _ context: StageContext) throws {
        try Kind.run(parameters, context, tasks: List.tasks)
    }
}

extension WithTasks: NumericKind where Kind: NumericKind {}
