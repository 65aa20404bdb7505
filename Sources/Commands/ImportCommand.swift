import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take what `calm export` wrote into the store, and pin it.",
        discussion: """
            Every blob is read against its digest and every record against its checksum; a file in which anything is wrong
            changes nothing. What the store has already stays as it is. That a stage really gave what its record says is not
            proven by that: import from those whom you trust, or let `calm verify` run the stages again.

            An exported pin is pinned under its name again, with the metrics of its run, so that gates can name it. A file of
            metrics alone (`calm export --metrics-only`) makes such a pin and nothing else.

            What was imported stays until `calm unpin` and `calm store gc`, since no run here needs it.

            EXAMPLES
              calm import composed.calm.tar
              calm import composed.calm.tar --pin from-the-lab --store artifacts
              calm import baseline.json
            """)

    @Argument(help: "The file.", completion: .file())
    var file: String

    @Option(
        help:
            "The name of the pin that keeps it; one of this name is replaced (default: the exported pin's, else imported- and the artifact's digest).",
        completion: .custom(Completion.pins))
    var pin: String?

    @Flag(name: .customLong("no-pin"), help: "Leave it to the next collection.")
    var noPin = false

    @Option(
        name: .customLong("max-size"), help: "Refuse a file whose blobs have more content than this: 500MB, 20GiB.")
    var maxSize = "64GiB"

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if let pin, noPin { throw ValidationError("--pin \(pin) and --no-pin exclude each other") }
        if let pin, !Store.isPinName(pin) {
            throw ValidationError(
                "a pin's name has letters, digits, '.', '_' and '-', a letter or digit first, at most 100: '\(pin)'")
        }
        if ByteCount(maxSize) == nil {
            throw ValidationError("--max-size takes a size such as 500MB or 20GiB, found '\(maxSize)'")
        }
    }

    func run() throws {
        let url = try readableFile()
        let creation = StoreCreation(of: store.url)
        do {
            try take(url)
        } catch {
            creation.undo()
            throw error
        }
    }

    /// - Throws: `CommandFailure` if the file isn't there or can't be read.
    private func readableFile() throws -> URL {
        let url = URL(fileURLWithPath: file, isDirectory: false)
        var status = stat()
        guard stat(url.path, &status) == 0, access(url.path, R_OK) == 0 else {
            let reason = errno == ENOENT ? "no such file" : String(cString: strerror(errno))
            throw CommandFailure.notFound("can't read \(file): \(reason); `calm export` writes one")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure.notFound("can't read \(file): it isn't a regular file; `calm export` writes one")
        }
        return url
    }

    private func take(_ url: URL) throws {
        let store = try store.openOrCreate()
        let catalogue = try Catalogue(store: store)
        guard !catalogue.isReadOnly else {
            throw StoreError(.readOnly, "can't write to \(store.root.path): choose another store")
        }
        // No collection may take away what nothing needs yet.
        let lock = try FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        try store.sweepLeftovers()
        if Self.isJSON(url) { return try takeMetrics(url, store) }
        let archive: ImportedArchive
        do {
            archive = try store.importArchive(url, limit: ByteCount(maxSize)?.bytes ?? 0) { index in
                if let baseline = index.baseline { try refuseOtherPin(baseline, store) }
            }
        } catch let error as StoreError where [.damaged, .hostile, .newerFormat].contains(error.code) {
            // The fault is the file's, not the store's.
            throw CommandFailure.notFound(error.message)
        }
        let now = Date().timeIntervalSince1970
        try catalogue.adopt(archive, at: now)
        let index = archive.index
        let name = noPin ? nil : pin ?? index.baseline?.pin ?? index.firstSubject.map { "imported-\($0.short)" }
        if let name {
            try store.pin(
                Pin(
                    name: name, subject: index.baseline?.subject ?? "import of \(url.lastPathComponent)",
                    note: index.baseline?.note ?? "", pinnedAt: now,
                    executions: index.executions.keys.filter { archive.withheld[$0] == nil }.sorted(),
                    artifacts: index.artifacts, baseline: index.baseline))
        }
        if !archive.withheld.isEmpty {
            let records = ClearVariables.description(archive.withheld) {
                index.executions[$0] ?? index.history[$0] ?? nil
            }
            complain(
                "warning: \(url.path): \(records) in clear, as earlier versions of calm wrote it: the results were imported "
                    + "without it; delete the file, or export it again with this version")
        }
        try json
            ? output(json: document(archive, name)) : output(text(archive, name, store), terminator: "")
    }

    /// Whether the file starts as JSON does, and no archive.
    private static func isJSON(_ url: URL) -> Bool {
        guard let handle = try? FileHandle(forReadingFrom: url) else { return false }
        defer { try? handle.close() }
        let start = (try? handle.read(upToCount: 256)) ?? Data()
        return start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// Pins the run whose metrics a file has.
    private func takeMetrics(_ url: URL, _ store: Store) throws {
        if noPin { throw ValidationError("--no-pin leaves nothing of a file that has metrics alone") }
        let baseline: RunBaseline
        do {
            baseline = try RunBaseline(file: url.path)
        } catch {
            guard [.damaged, .hostile, .newerFormat].contains(error.code) else { throw error }
            // The fault is the file's, not the store's.
            throw CommandFailure.notFound(error.message)
        }
        try refuseOtherPin(baseline, store)
        let name = pin ?? baseline.pin ?? "imported-\(baseline.run)"
        guard Store.isPinName(name) else {
            throw CommandFailure.notFound("the run's name \(baseline.run) can't name a pin: name one with --pin")
        }
        try store.pin(
            Pin(
                name: name, subject: baseline.subject, note: baseline.note, pinnedAt: Date().timeIntervalSince1970,
                executions: [], artifacts: [], baseline: baseline))
        let count = baseline.stages.values.reduce(0) { $0 + $1.metrics.count }
        if json {
            try output(
                json: .object([
                    "pin": .string(name), "run": .string(baseline.run), "pipeline": .string(baseline.pipeline),
                    "metrics": .int(count),
                ]))
            return
        }
        try output(
            "pinned run \(baseline.run) of \(baseline.pipeline) as \(name): \(counted(count, "metric")), no results")
    }

    /// Sees to it that no pin of another run is replaced unless it was named.
    private func refuseOtherPin(_ baseline: RunBaseline, _ store: Store) throws {
        guard !noPin, pin == nil, let name = baseline.pin, store.hasPin(name) else { return }
        let other = try store.pin(named: name)
        if other.run?.run == baseline.run { return }
        throw CommandFailure.notFound(
            "the store has a pin \(name) already (\(other.subject)), the file one of run \(baseline.run); nothing was imported: name another with --pin, or replace it with --pin \(name)"
        )
    }

    private func document(_ archive: ImportedArchive, _ pin: String?) -> JSONValue {
        .object([
            "artifacts": .array(archive.index.artifacts.map { .string($0.hex) }),
            "executions": .int(archive.executions.count), "history": .int(archive.history.count),
            "objects": .int(archive.objects), "bytes": .int(archive.bytes), "pin": .optional(pin),
            "disagreeing": .array(archive.disagreeing.map { .string($0.hex) }),
        ])
    }

    private func text(_ archive: ImportedArchive, _ pin: String?, _ store: Store) throws -> String {
        var lines = archive.disagreeing.map { key in
            "kept this store's own result of \(archive.index.executions[key].flatMap(\.self) ?? "execution") "
                + "\(key.short): the file has another\n"
        }
        lines += try archive.index.artifacts.map { "\(try store.manifest($0).type.rawValue) \($0)\n" }
        let kept = pin.map { ", pinned as \($0)" } ?? ""
        let isNew = !archive.executions.isEmpty || archive.objects > 0
        return lines.joined()
            + (isNew
                ? "imported \(counted(archive.executions.count, "execution")), \(counted(archive.objects, "object")), "
                    + "\(formatted(bytes: archive.bytes))\(kept)\n" : "everything was there already\(kept)\n")
    }
}

extension RunBaseline {
    /// What a pin of it says that it is of: the run, or its only stage that was pinned.
    fileprivate var subject: String { "run \(run)" }
}
