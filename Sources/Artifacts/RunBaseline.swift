import Foundation

/// The metrics of one run, to hold gates against where the run itself isn't: in an imported pin, and as a small file.
///
/// ```json
/// {
///   "calm": "baseline", "checksum": "…", "format": 1,
///   "pipeline": "nightly", "run": "20261129T201500Z-0a1b2c3d", "startedAt": 1796069700,
///   "pin": "baseline", "note": "before the new tokenizer",
///   "stages": { "scores[model=small]": { "metrics": { "accuracy": 0.95 } } }
/// }
/// ```
///
/// The checksum is the SHA-256 of the canonical form of the object without it, so that spaces and line feeds are free.
/// `pin` and `note` may be absent. A metric that isn't finite is the string `NaN`, `Infinity` or `-Infinity`. In an archive each
/// stage also names its `key` and `result`, against which its record in the archive is checked.
package struct RunBaseline: Hashable, Sendable {
    package struct Stage: Hashable, Sendable {
        package var key: Digest?
        package var result: ResultDigest?
        package var metrics: [String: Double]

        /// Whether a record has the same metrics; what isn't a number counts as equal.
        func hasMetrics(of record: ExecutionRecord) -> Bool {
            ResultDigest(outputs: [:], metrics: metrics) == ResultDigest(outputs: [:], metrics: record.metrics)
        }

        package init(key: Digest? = nil, result: ResultDigest? = nil, metrics: [String: Double]) {
            self.key = key
            self.result = result
            self.metrics = metrics
        }
    }

    package var run: String
    package var pipeline: String
    /// Seconds since 1970.
    package var startedAt: Double
    package var stages: [String: Stage]
    /// The pin that it was, or is to be.
    package var pin: String?
    package var note: String

    package init(
        run: String, pipeline: String, startedAt: Double, stages: [String: Stage], pin: String? = nil, note: String = ""
    ) {
        self.run = run
        self.pipeline = pipeline
        self.startedAt = startedAt
        self.stages = stages
        self.pin = pin
        self.note = note
    }

    /// Without what only an archive can use.
    package var metricsOnly: RunBaseline {
        var baseline = self
        baseline.stages = stages.mapValues { Stage(metrics: $0.metrics) }.filter { !$0.value.metrics.isEmpty }
        return baseline
    }
}

extension RunBaseline {
    /// The version of the format that this code writes, and the newest that it reads.
    private static let format = 1
    /// Of a file.
    package static let byteLimit = 64 << 20

    /// With its checksum.
    package var json: JSONValue {
        var members = content
        members["checksum"] = .string(Self.checksum(members))
        return .object(members)
    }

    private static func checksum(_ members: [String: JSONValue]) -> String {
        Digest(of: JSONValue.object(members).canonicalBytes).hex
    }

    private var content: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "calm": .string("baseline"), "format": .int(Self.format), "run": .string(run),
            "pipeline": .string(pipeline), "startedAt": .double(startedAt),
            "stages": .object(
                stages.mapValues { stage in
                    var fields: [String: JSONValue] = [
                        "metrics": .object(stage.metrics.mapValues { JSONValue(number: $0) })
                    ]
                    fields["key"] = stage.key.map { .string($0.hex) }
                    fields["result"] = stage.result.map { .string($0.hex) }
                    return .object(fields)
                }),
        ]
        members["pin"] = pin.map(JSONValue.string)
        if !note.isEmpty { members["note"] = .string(note) }
        return members
    }

    /// - Throws: `StoreError` with `.newerFormat`, `.damaged` or `.hostile`; the message doesn't name the file.
    package init(json: JSONValue) throws(StoreError) {
        guard let members = json.members, members["calm"]?.text == "baseline", let format = members["format"]?.integer
        else { throw StoreError(.hostile, "it is not a baseline: `calm export PIN --metrics-only` writes one") }
        guard format <= Self.format else {
            throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
        }
        let stated: String
        let found: RunBaseline
        do {
            var fields = try JSONFields(json, of: "it")
            stated = try fields.take("checksum", "text", \.text)
            _ = try fields.take("calm", "text", \.text)
            _ = try fields.take("format", "number", \.integer)
            var baseline = RunBaseline(
                run: try fields.take("run", "name of a run", \.name),
                pipeline: try fields.take("pipeline", "name of a pipeline", \.name),
                startedAt: try fields.take("startedAt", "time", \.number),
                stages: try fields.take("stages", "object of stages", \.baselineStages))
            if members["pin"] != nil { baseline.pin = try fields.take("pin", "name of a pin", \.pinName) }
            if members["note"] != nil { baseline.note = try fields.take("note", "text", \.text) }
            try fields.finish()
            found = baseline
        } catch {
            throw StoreError(.hostile, error.description)
        }
        var content = members
        content["checksum"] = nil
        let checksum = Self.checksum(content)
        guard stated == checksum else {
            throw StoreError(
                .damaged,
                "its content has the checksum \(checksum.prefix(12))…, not the one it states (\(stated.prefix(12))…): it was changed after `calm export` wrote it"
            )
        }
        self = found
    }

    /// Of a file's text.
    ///
    /// - Throws: As `init(json:)`.
    package init(parsing bytes: [UInt8]) throws(StoreError) {
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw StoreError(.hostile, "it is not JSON: \(error)")
        }
        try self.init(json: json)
    }

    /// Of a file.
    ///
    /// - Throws: As `init(json:)`, with the file's path; `.missing` or `.io` if it can't be read.
    package init(file: String) throws(StoreError) {
        let bytes = try OpenFile(reading: file).contents(limit: Self.byteLimit)
        do {
            try self.init(parsing: bytes)
        } catch {
            throw StoreError(error.code, "the baseline \(file) can't be used: \(error.message)")
        }
    }

    /// As a file to commit: a line for each stage.
    package var text: String {
        let members = (json.members ?? [:]).sorted { $0.key < $1.key }
        let lines = members.map { name, value -> String in
            guard name == "stages", let stages = value.members else {
                return "  \(JSONValue.string(name).canonical): \(value.canonical)"
            }
            let rows = stages.sorted { $0.key < $1.key }
                .map { "    \(JSONValue.string($0.key).canonical): \($0.value.canonical)" }
            return rows.isEmpty ? "  \"stages\": {}" : "  \"stages\": {\n\(rows.joined(separator: ",\n"))\n  }"
        }
        return "{\n\(lines.joined(separator: ",\n"))\n}\n"
    }
}

extension JSONValue {
    fileprivate var pinName: String? { text.flatMap { Store.isPinName($0) ? $0 : nil } }

    fileprivate var name: String? { text.flatMap { StageName.isValid($0) ? $0 : nil } }

    fileprivate var baselineStages: [String: RunBaseline.Stage]? {
        guard let members, members.keys.allSatisfy(StageName.isValid) else { return nil }
        return dictionary { value -> RunBaseline.Stage? in
            guard let fields = value.members, fields.keys.allSatisfy(["metrics", "key", "result"].contains),
                let metrics = fields["metrics"]?.dictionary(\.number)
            else { return nil }
            let key = fields["key"]?.digest
            let result = fields["result"]?.text.flatMap { ResultDigest(hex: $0) }
            guard (key == nil) == (fields["key"] == nil), (result == nil) == (fields["result"] == nil) else {
                return nil
            }
            return RunBaseline.Stage(key: key, result: result, metrics: metrics)
        }
    }
}
