import Artifacts
import Foundation

package enum StageState: String, Sendable, Codable { case cached, executed, failed, skipped }

/// Why a stage failed.
package struct StageFailure: Error, Sendable, Hashable {
    package enum Category: String, Sendable {
        case failed, crashed, timeout
        /// It took more memory than its limit.
        case memory
        case badInput
        /// A blob that it read is damaged or gone.
        case damage
        case store

        /// Whether the store is at fault, and not the stage.
        package var isOfStore: Bool { self == .store || self == .damage }
        /// Whether it may go well the next time.
        var isWorthRetrying: Bool { self == .failed || self == .crashed || self == .timeout || self == .memory }
    }

    package let category: Category
    /// One clear message: what was found, what was expected, the way out.
    package let message: String

    package init(_ category: Category, _ message: String) {
        self.category = category
        self.message = message
    }
}

package struct StageResult: Sendable {
    package var name: String
    package var kind: String
    package var state: StageState
    package var key: Digest?
    package var outputs: [String: Digest] = [:]
    /// When it was last started in this run; nil if it wasn't.
    package var startedAt: Date?
    /// How many threads it was given.
    package var threads = 0
    package var seconds: Double = 0
    package var cpuSeconds: Double = 0
    package var peakMemoryBytes: Int = 0
    package var metrics: [String: Double] = [:]
    /// Why it ran, was cached, failed or was skipped, in one line.
    package var why: String
    package var failure: StageFailure?
    /// How often it was started in this run.
    package var attempts = 1
    /// The starts in this run that failed and after which it was started again.
    package var failedAttempts: [FailedAttempt] = []
    /// The key document of a stage that failed or was interrupted; an execution's is in its record.
    package var document: JSONValue?
    /// The log below `runs/ID/`, when the stage ran.
    package var log: URL?
    package var location: SourceLocation

    package init(name: String, kind: String, state: StageState, why: String, location: SourceLocation) {
        self.name = name
        self.kind = kind
        self.state = state
        self.why = why
        self.location = location
    }
}

/// A start of a stage that failed, and after which the stage was started again.
package struct FailedAttempt: Sendable, Hashable {
    package let failure: StageFailure
    package let seconds: Double
    /// How many bytes the stage's log had then.
    package let logEnd: Int

    package init(failure: StageFailure, seconds: Double, logEnd: Int) {
        self.failure = failure
        self.seconds = seconds
        self.logEnd = logEnd
    }
}

package struct GateResult: Sendable, Hashable {
    package var stage: String
    package var metric: String
    package var expected: String
    /// Nil if the stage gave no such metric.
    package var value: Double?
    package var passed: Bool
    /// What there is where the number should be; nil if there is a number.
    package var found: String?
    /// What earlier runs had to do with it; nil for a gate that names none.
    package var past: PastValue?

    package init(
        stage: String, metric: String, expected: String, value: Double?, passed: Bool, found: String? = nil,
        past: PastValue? = nil
    ) {
        self.found = found
        self.stage = stage
        self.metric = metric
        self.expected = expected
        self.value = value
        self.passed = passed
        self.past = past
    }

    /// The expectation with the number that it came to: `>= baseline - 0.01 (0.94)`.
    package var expectation: String {
        guard let past else { return expected }
        return expected + (past.bound.map { " (\($0))" } ?? " (\(past.origin))")
    }

    /// What was found, in words.
    package var finding: String { value.map { "\($0)" } ?? found ?? "no such metric" }
}

package struct RunResult: Sendable {
    package var run: String
    package var pipeline: String
    package var exit: Int32
    package var startedAt: Date
    package var seconds: Double
    /// In the pipeline's topological order, all of them, whatever happened.
    package var stages: [StageResult]
    /// Gates of the stages that are cached or executed.
    package var gates: [GateResult]
    /// What went wrong with the run as a whole, such as a catalogue that can't be written.
    package var problem: StageFailure?

    package init(
        run: String, pipeline: String, exit: Int32, startedAt: Date, seconds: Double, stages: [StageResult],
        gates: [GateResult]
    ) {
        self.run = run
        self.pipeline = pipeline
        self.exit = exit
        self.startedAt = startedAt
        self.seconds = seconds
        self.stages = stages
        self.gates = gates
    }
}

/// Where long work stands.
package struct StageProgress: Sendable, Codable, Hashable {
    package var completed: Int
    package var total: Int
    /// `steps`, `expressions`, …
    package var unit: String
    package var loss: Double?
    package var tokensPerSecond: Double?

    package init(completed: Int, total: Int, unit: String, loss: Double? = nil, tokensPerSecond: Double? = nil) {
        self.completed = completed
        self.total = total
        self.unit = unit
        self.loss = loss
        self.tokensPerSecond = tokensPerSecond
    }
}

/// What a run tells its onlookers, in order.
package enum RunEvent: Sendable {
    case planned(run: String, stages: [String])
    case started(stage: String, why: String)
    case progress(stage: String, StageProgress)
    /// An attempt failed after which the stage is tried again.
    case failedAttempt(stage: String, why: String)
    case finished(StageResult)
    case gate(GateResult)
}
