import Artifacts
import Foundation

/// All that the catalogue knows of one run: also the file `runs/ID/run.json`, from which the catalogue can be made anew.
package struct RunRecord: Hashable, Sendable {
    package var run: RunRow
    package var stages: [RunStageRow]
    package var gates: [GateRow]

    package init(run: RunRow, stages: [RunStageRow], gates: [GateRow]) {
        self.run = run
        self.stages = stages
        self.gates = gates
    }
}

extension RunRecord {
    /// The version of the format that this code writes, and the newest that it reads.
    static let format = 1

    /// As rows come back from the catalogue: by name, without documents, and what isn't a number as null.
    var asRows: RunRecord {
        var rows = self
        rows.stages.sort { $0.name < $1.name }
        for index in rows.stages.indices {
            rows.stages[index].document = nil
            (rows.stages[index].startedAt, rows.stages[index].threads, rows.stages[index].upstream) = (nil, 0, [])
        }
        for index in rows.gates.indices where rows.gates[index].value?.isNaN == true { rows.gates[index].value = nil }
        rows.gates.sort { ($0.stage, $0.metric, $0.expected) < ($1.stage, $1.metric, $1.expected) }
        return rows
    }

    package var json: JSONValue {
        .object([
            "calm": .string("run"), "format": .int(Self.format), "run": run.json,
            "stages": .array(stages.map(\.json)), "gates": .array(gates.map(\.json)),
        ])
    }

    /// Nil if it isn't a run's record, or one of a newer calm.
    package init?(json: JSONValue) {
        guard let fields = json.members, fields["calm"]?.text == "run", let format = fields["format"]?.integer,
            (1...Self.format).contains(format), let run = fields["run"].flatMap(RunRow.init(json:)),
            case .array(let stages) = fields["stages"], case .array(let gates) = fields["gates"]
        else { return nil }
        self.init(
            run: run, stages: stages.compactMap { RunStageRow(json: $0, run: run.id) },
            gates: gates.compactMap { GateRow(json: $0, run: run.id) })
        guard self.stages.count == stages.count, self.gates.count == gates.count else { return nil }
    }

    /// The record of a run's folder, or nil if it has none that can be read.
    package static func read(from folder: URL) -> RunRecord? { try? load(from: folder) }

    /// The record of a run's folder.
    ///
    /// - Throws: `StoreError` with `.missing`, `.damaged`, `.newerFormat` or `.io`.
    static func load(from folder: URL) throws(StoreError) -> RunRecord {
        let file = folder.appendingPathComponent(file)
        var status = stat()
        guard stat(file.path, &status) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw StoreError(.missing, "no file \(file.path)")
            case ELOOP: throw StoreError(.damaged, "\(file.path) is damaged: it links to itself")
            default: throw StoreError(errno: errno, "read", file.path)
            }
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.damaged, "\(file.path) is damaged: it is no regular file")
        }
        guard access(file.path, R_OK) == 0 else { throw StoreError(errno: errno, "read", file.path) }
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: file, options: .mappedIfSafe))
        } catch {
            throw StoreError(.io, "can't read \(file.path): \(error.localizedDescription)")
        }
        do {
            _ = try Checksum.check(bytes)
            let json = try JSONValue(parsing: bytes)
            if let format = json.members?["format"]?.integer, format > Self.format {
                throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
            }
            guard let record = RunRecord(json: json) else {
                throw StoreError(.damaged, "it is not the record of a run")
            }
            return record
        } catch {
            throw StoreError((error as? StoreError)?.code ?? .damaged, "\(file.path) is damaged: \(error)")
        }
    }

    /// Appears whole or not at all. Not synced to the disk: like the catalogue, it is history and not a result.
    package func write(to folder: URL) throws {
        try WholeFile.write(Checksum.prepended(to: json.canonicalBytes), to: folder.appendingPathComponent(Self.file))
    }

    /// Moves a damaged record to the store's `quarantine/`; returns its path there.
    static func setAside(_ folder: URL, in store: Store) throws(StoreError) -> String {
        try store.setAside(folder.appendingPathComponent(file).path, as: "run-\(folder.lastPathComponent).json")
    }

    static let file = "run.json"
}

extension RunRow {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "pipeline": .string(pipeline), "file": .string(file), "startedAt": .double(startedAt),
            "commandLine": .string(commandLine), "parameters": parameters, "isPartial": .bool(isPartial),
            "exit": exit.map { .int(Int($0)) } ?? .null, "seconds": seconds.map(JSONValue.double) ?? .null,
        ]
        members["checkout"] = checkout.map { .string($0.folder) }
        members["host"] = checkout?.host.map(JSONValue.string)
        return .object(members)
    }

    fileprivate init?(json: JSONValue) {
        guard let fields = json.members, let id = fields["id"]?.text, let pipeline = fields["pipeline"]?.text,
            let file = fields["file"]?.text, let startedAt = fields["startedAt"]?.number,
            let commandLine = fields["commandLine"]?.text, let parameters = fields["parameters"]
        else { return nil }
        self.init(
            id: id, pipeline: pipeline, file: file, startedAt: startedAt, commandLine: commandLine,
            parameters: parameters, exit: fields["exit"]?.integer.flatMap(Int32.init(exactly:)),
            seconds: fields["seconds"]?.number, isPartial: fields["isPartial"] == .bool(true),
            checkout: fields["checkout"]?.text.map { Checkout(folder: $0, host: fields["host"]?.text) })
    }
}

extension RunStageRow {
    fileprivate var json: JSONValue {
        let texts = ["failureCategory": failureCategory, "failureMessage": failureMessage, "log": log]
        var fields: [String: JSONValue] = [
            "position": .int(position), "name": .string(name), "kind": .string(kind), "state": .string(state),
            "seconds": .double(seconds), "cpuSeconds": .double(cpuSeconds), "peakMemoryBytes": .int(peakMemoryBytes),
            "why": .string(why), "location": .string(location), "attempts": .int(attempts),
        ]
        fields["key"] = key.map { .string($0.hex) }
        fields["result"] = result.map { .string($0.hex) }
        fields["document"] = document
        fields["startedAt"] = startedAt.map(JSONValue.double)
        if threads > 0 { fields["threads"] = .int(threads) }
        if !upstream.isEmpty { fields["upstream"] = .array(upstream.map(JSONValue.string)) }
        for (name, text) in texts { fields[name] = text.map(JSONValue.string) }
        return .object(fields)
    }

    fileprivate init?(json: JSONValue, run: String) {
        guard let fields = json.members, let position = fields["position"]?.integer,
            let name = fields["name"]?.text, let kind = fields["kind"]?.text, let state = fields["state"]?.text,
            let seconds = fields["seconds"]?.number, let cpuSeconds = fields["cpuSeconds"]?.number,
            let peakMemoryBytes = fields["peakMemoryBytes"]?.integer, let why = fields["why"]?.text,
            let location = fields["location"]?.text, let attempts = fields["attempts"]?.integer
        else { return nil }
        self.init(
            run: run, position: position, name: name, kind: kind, state: state,
            key: fields["key"]?.text.flatMap(Digest.init(hex:)), seconds: seconds, cpuSeconds: cpuSeconds,
            peakMemoryBytes: peakMemoryBytes, why: StoredReason.withoutVariables(why),
            failureCategory: fields["failureCategory"]?.text,
            failureMessage: fields["failureMessage"]?.text, log: fields["log"]?.text, location: location,
            attempts: attempts, document: fields["document"],
            result: fields["result"]?.text.flatMap { ResultDigest(hex: $0) })
        startedAt = fields["startedAt"]?.number
        threads = fields["threads"]?.integer ?? 0
        if case .array(let names) = fields["upstream"] { upstream = names.compactMap(\.text) }
    }
}

extension GateRow {
    fileprivate var json: JSONValue {
        var fields: [String: JSONValue] = [
            "stage": .string(stage), "metric": .string(metric), "expected": .string(expected),
            // JSON has no spelling for numbers that aren't finite, and the catalogue keeps "not a number" as null.
            "value": value.flatMap { $0.isFinite ? .double($0) : .string($0.description) } ?? .null,
            "passed": .bool(passed),
        ]
        if let bound, bound.isFinite { fields["bound"] = .double(bound) }
        fields["found"] = found.map(JSONValue.string)
        return .object(fields)
    }

    fileprivate init?(json: JSONValue, run: String) {
        guard let fields = json.members, let stage = fields["stage"]?.text, let metric = fields["metric"]?.text,
            let expected = fields["expected"]?.text, case .bool(let passed) = fields["passed"]
        else { return nil }
        let value = fields["value"].flatMap { $0.number ?? $0.text.flatMap(Double.init) }
        self.init(
            run: run, stage: stage, metric: metric, expected: expected, value: value, passed: passed,
            bound: fields["bound"]?.number, found: fields["found"]?.text)
    }
}
