import Artifacts
import GRDB

/// One `calm run`.
package struct RunRow: Hashable, Sendable {
    package var id: String
    package var pipeline: String
    /// The pipeline's file.
    package var file: String
    /// Seconds since 1970.
    package var startedAt: Double
    package var commandLine: String
    package var parameters: JSONValue
    /// Nil while the run goes on, or if it was killed.
    package var exit: Int32?
    package var seconds: Double?
    /// Whether only named stages and what they need were asked for.
    package var isPartial: Bool
    /// Where it was started from; nil for runs of an earlier calm.
    package var checkout: Checkout?

    package init(
        id: String, pipeline: String, file: String, startedAt: Double, commandLine: String, parameters: JSONValue,
        exit: Int32? = nil, seconds: Double? = nil, isPartial: Bool = false, checkout: Checkout? = nil
    ) {
        self.id = id
        self.pipeline = pipeline
        self.file = file
        self.startedAt = startedAt
        self.commandLine = commandLine
        self.parameters = parameters
        self.exit = exit
        self.seconds = seconds
        self.isPartial = isPartial
        self.checkout = checkout
    }
}

extension RunRow: FetchableRecord {
    package init(row: Row) throws {
        try self.init(
            id: row.value("id"), pipeline: row.value("pipeline"), file: row.value("file"),
            startedAt: row.value("started_at"),
            commandLine: row.value("command_line"), parameters: row.json("parameters"), exit: row.value("exit"),
            seconds: row.value("seconds"), isPartial: row.value("is_partial"),
            checkout: row.value("checkout", as: String?.self).map { folder in
                Checkout(folder: folder, host: try row.value("host"))
            })
    }
}
