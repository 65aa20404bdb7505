import Artifacts
import GRDB

/// One stage of a run. Its outputs and metrics are those of its execution, by `key`.
package struct RunStageRow: Hashable, Sendable {
    package var run: String
    /// The place in the pipeline's topological order, from 0.
    package var position: Int
    package var name: String
    package var kind: String
    /// `cached`, `executed`, `failed` or `skipped`.
    package var state: String
    package var key: Digest?
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
        document: JSONValue? = nil
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
    }
}

extension RunStageRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            run: row.value("run"), position: row.value("position"), name: row.value("name"), kind: row.value("kind"),
            state: row.value("state"),
            key: row.digestIfPresent("key"), seconds: row.value("seconds"), cpuSeconds: row.value("cpu_seconds"),
            peakMemoryBytes: row.value("peak_memory_bytes"), why: row.value("why"),
            failureCategory: row.value("failure_category"),
            failureMessage: row.value("failure_message"), log: row.value("log"), location: row.value("location"),
            attempts: row.value("attempts"))
    }
}
