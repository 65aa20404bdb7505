/// A condition on runs: `pipeline = kv-arithmetic and metric.composed.accuracy >= 0.9`.
///
/// ```
/// condition  = term { "or" term }          term = factor { "and" factor }
/// factor     = "not" factor | "(" condition ")" | FIELD COMPARISON VALUE
/// comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~"        ("~": contains; letters of any case)
/// ```
///
/// A value is a word or a text in quotes. What a run lacks, such as a metric, makes every comparison with it false.
package indirect enum RunFilter: Hashable, Sendable {
    case all([RunFilter])
    case any([RunFilter])
    case not(RunFilter)
    case comparison(Field, Comparison, Value)

    package enum Comparison: String, CaseIterable, Sendable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case contains = "~"
        case lacks = "!~"
    }

    package enum Field: Hashable, Sendable {
        case run, pipeline, file, command
        case exit, seconds
        case started
        case state
        case parameter(String)
        /// `METRIC` of any stage, or `STAGE.METRIC`.
        case metric(String)
        case stage(String, StageProperty)
        /// `STAGE.ROLE`, or nil for any.
        case output(String?)
        /// `METRIC` of any stage, or `STAGE.METRIC`; nil for any gate.
        case gate(String?)
    }

    package enum StageProperty: String, CaseIterable, Sendable {
        case state, key, kind, seconds, attempts, why
    }

    package enum Value: Hashable, Sendable {
        case text(String)
        case number(Double)
        /// A moment in seconds since 1970, and how long it is: a day, a minute or a second.
        case time(Double, length: Double)
    }
}

/// What is wrong with a condition, and where.
package struct RunFilterProblem: Error, Hashable, CustomStringConvertible {
    /// The place of the character, from 1.
    package let column: Int
    package let message: String

    package var description: String { "column \(column): \(message)" }
}

extension RunFilter {
    /// All fields as a person writes them.
    package static let fields = [
        "run", "pipeline", "file", "command", "exit", "state", "started", "seconds", "params.NAME", "metric.NAME",
        "metric.STAGE.NAME", "stage.STAGE", "stage.STAGE.key", "stage.STAGE.kind", "stage.STAGE.seconds",
        "stage.STAGE.attempts", "stage.STAGE.why", "output", "output.STAGE.ROLE", "gate", "gate.STAGE.METRIC",
    ]

    package static let runStates = ["succeeded", "gate-missed", "failed", "interrupted", "unfinished"]
    package static let stageStates = ["cached", "executed", "failed", "skipped"]
    package static let gateStates = ["passed", "missed"]
}
