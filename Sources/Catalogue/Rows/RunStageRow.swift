import Artifacts
import GRDB

/// One stage of a run. Its outputs and metrics are those of its execution, by `key` and `result`.
package struct RunStageRow: Hashable, Sendable {
    package var run: String
    /// The place in the pipeline's topological order, from 0.
    package var position: Int
    package var name: String
    package var kind: String
    /// `cached`, `executed`, `failed` or `skipped`.
    package var state: String
    package var key: Digest?
    /// The result of the key that the stage had in this run; nil if it had none. Said of every stage, since nobody knows
    /// beforehand which key will be executed again. A row recorded without one gets the oldest that is known of its key: so do
    /// runs from before it was recorded, when a key had one result only.
    package var result: ResultDigest?
    package var seconds: Double
    package var cpuSeconds: Double
    package var peakMemoryBytes: Int
    package var why: String
    package var failureCategory: String?
    package var failureMessage: String?
    /// The path of the log.
    package var log: String?
    /// `file:line:column` in the pipeline file.
    package var location: String
    /// How often it was started.
    package var attempts: Int
    /// The key document, where no execution has it: of a stage that failed or was interrupted. Not read back with the row.
    package var document: JSONValue?
    /// When it was last started, in seconds since 1970; nil if it wasn't. Like what follows, it stands in the run's record
    /// alone and isn't read back with the row.
    package var startedAt: Double?
    /// How many threads it was given; 0 if it wasn't started.
    package var threads = 0
    /// The names of the stages whose outputs it reads.
    package var upstream: [String] = []

    package init(
        run: String, position: Int, name: String, kind: String, state: String, key: Digest?, seconds: Double = 0,
        cpuSeconds: Double = 0, peakMemoryBytes: Int = 0, why: String, failureCategory: String? = nil,
        failureMessage: String? = nil, log: String? = nil, location: String, attempts: Int = 1,
        document: JSONValue? = nil, result: ResultDigest? = nil
    ) {
        self.run = run
        self.position = position
        self.name = name
        self.kind = kind
        self.state = state
        self.key = key
        self.seconds = seconds
        self.cpuSeconds = cpuSeconds
        self.peakMemoryBytes = peakMemoryBytes
        self.why = why
        self.failureCategory = failureCategory
        self.failureMessage = failureMessage
        self.log = log
        self.location = location
        self.attempts = attempts
        self.document = document
        self.result = result
    }
}

extension RunStageRow {
    /// Whether the run has its result, made in it or before.
    package var isDone: Bool { state == "cached" || state == "executed" }

    /// The result that it had, by its key; nil if it had none, or it isn't known.
    package var keyedResult: KeyedResult? {
        guard isDone, let key, let result else { return nil }
        return KeyedResult(key: key, result: result)
    }
}

extension RunStageRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            run: row.value("run"), position: row.value("position"), name: row.value("name"), kind: row.value("kind"),
            state: row.value("state"),
            key: row.digestIfPresent("key"), seconds: row.value("seconds"), cpuSeconds: row.value("cpu_seconds"),
            peakMemoryBytes: row.value("peak_memory_bytes"),
            why: StoredReason.withoutVariables(row.value("why")), failureCategory: row.value("failure_category"),
            failureMessage: row.value("failure_message"), log: row.value("log"), location: row.value("location"),
            attempts: row.value("attempts"), result: row.result("result"))
    }
}
