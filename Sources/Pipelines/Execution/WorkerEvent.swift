import Artifacts

/// What a worker tells its coordinator: one line of JSON on its standard output each.
package enum WorkerEvent: Sendable, Hashable {
    /// Another process runs this very key; the worker waits for it.
    case waiting
    /// The stage's own code begins.
    case started
    case progress(StageProgress)
    /// What the stage has used so far.
    case usage(ResourceUsage)
    case done(WorkerReport)
    case failed(StageFailure)

    /// Whether the work ends with it.
    var isLast: Bool {
        switch self {
        case .done, .failed: true
        case .waiting, .started, .progress, .usage: false
        }
    }
}

/// How a worker's work ended, when it ended well.
package struct WorkerReport: Sendable, Hashable {
    package var outputs: [String: Digest]
    package var metrics: [String: Double]
    package var seconds: Double
    package var cpuSeconds: Double
    package var peakMemoryBytes: Int
    /// Another process had executed the key meanwhile.
    package var isAdopted: Bool
    /// What whoever runs the stage should know although it went well.
    package var notes: [String]

    package init(record: ExecutionRecord, isAdopted: Bool, notes: [String] = []) {
        outputs = record.outputs
        metrics = record.metrics
        seconds = record.seconds
        cpuSeconds = record.cpuSeconds
        peakMemoryBytes = record.peakMemoryBytes
        self.isAdopted = isAdopted
        self.notes = notes
    }
}

extension WorkerEvent {
    /// The event as one line, without its line feed.
    package var line: String {
        var fields: [String: JSONValue]
        switch self {
        case .waiting: fields = ["event": .string("waiting")]
        case .started: fields = ["event": .string("started")]
        case .failed(let failure):
            fields = [
                "event": .string("failed"), "category": .string(failure.category.rawValue),
                "message": .string(failure.message),
            ]
        case .progress(let progress):
            fields = [
                "event": .string("progress"), "completed": .int(progress.completed), "total": .int(progress.total),
                "unit": .string(progress.unit),
            ]
            fields["loss"] = progress.loss.map(Measured.spell)
            fields["tokensPerSecond"] = progress.tokensPerSecond.map(Measured.spell)
        case .usage(let usage):
            fields = [
                "event": .string("usage"), "cpuSeconds": .double(usage.cpuSeconds),
                "peakMemoryBytes": .int(usage.peakMemoryBytes),
            ]
        case .done(let report):
            fields = [
                "event": .string("done"), "outputs": .object(report.outputs.mapValues { .string($0.hex) }),
                "metrics": .object(report.metrics.mapValues(Measured.spell)),
                "seconds": .double(report.seconds), "cpuSeconds": .double(report.cpuSeconds),
                "peakMemoryBytes": .int(report.peakMemoryBytes), "adopted": .bool(report.isAdopted),
                "notes": .array(report.notes.map(JSONValue.string)),
            ]
        }
        return JSONValue.object(fields).canonical
    }

    /// Nil if the line isn't an event.
    package init?(line: String) {
        guard let value = try? JSONValue(parsing: line.utf8), let event = try? WorkerEvent(json: value) else {
            return nil
        }
        self = event
    }

    private init?(json: JSONValue) throws {
        let fields = try MessageFields(json)
        switch try fields.string("event") {
        case "waiting": self = .waiting
        case "started": self = .started
        case "failed": self = .failed(StageFailure(try fields.word("category"), try fields.string("message")))
        case "progress":
            self = .progress(
                StageProgress(
                    completed: try fields.int("completed"), total: try fields.int("total"),
                    unit: try fields.string("unit"), loss: Measured.read(fields.members["loss"]),
                    tokensPerSecond: Measured.read(fields.members["tokensPerSecond"])))
        case "usage":
            self = .usage(
                ResourceUsage(
                    cpuSeconds: try fields.number("cpuSeconds"), peakMemoryBytes: try fields.int("peakMemoryBytes")))
        case "done": self = .done(try WorkerReport(fields: fields))
        default: return nil
        }
    }
}

extension WorkerReport {
    fileprivate init(fields: MessageFields) throws {
        outputs = try fields.digests("outputs")
        metrics = try fields.object("metrics").compactMapValues(Measured.read)
        seconds = try fields.number("seconds")
        cpuSeconds = try fields.number("cpuSeconds")
        peakMemoryBytes = try fields.int("peakMemoryBytes")
        isAdopted = try fields.bool("adopted")
        notes = try fields.texts("notes")
    }
}

/// Measured numbers between worker and coordinator; those that JSON can't spell are words, since a loss that diverged
/// is a fact too.
private enum Measured {
    static func spell(_ value: Double) -> JSONValue {
        value.isFinite ? .double(value) : .string(value.description)
    }

    static func read(_ value: JSONValue?) -> Double? {
        if case .string(let word) = value { Double(word) } else { MessageFields.number(value) }
    }
}
