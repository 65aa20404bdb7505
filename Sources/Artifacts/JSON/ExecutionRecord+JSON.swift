extension ExecutionRecord {
    /// The newest format that this code reads. The first had no checksum; the third has remarks on metrics. A record without
    /// them is written in the second, so that an earlier calm reads it.
    package static let format = 3

    /// The JSON whose canonical text is the record's file. Metrics that aren't finite are written as words (`"NaN"`).
    ///
    /// The checksum is that of the canonical text without it, in this format and every later one.
    package var json: JSONValue {
        var members = content
        members["checksum"] = .string(Digest(of: JSONValue.object(members).canonicalBytes).hex)
        return .object(members)
    }

    private var content: [String: JSONValue] {
        var members = essentials
        guard !remarks.isEmpty else { return members }
        members["format"] = .int(Self.format)
        members["metricWords"] = .object(remarks.words.mapValues(JSONValue.string))
        members["metricsProblem"] = remarks.problem.map(JSONValue.string) ?? .null
        return members
    }

    private var essentials: [String: JSONValue] {
        [
            "format": .int(2),
            "key": .string(key.hex),
            "keyDocument": keyDocument,
            "outputs": .object(outputs.mapValues { .string($0.hex) }),
            "metrics": .object(metrics.mapValues(JSONValue.init(number:))),
            "startedAt": JSONValue(number: startedAt),
            "seconds": JSONValue(number: seconds),
            "cpuSeconds": JSONValue(number: cpuSeconds),
            "peakMemoryBytes": .int(peakMemoryBytes),
            "environment": .object(environment.mapValues(JSONValue.string)),
        ]
    }

    /// Reads a record's file.
    ///
    /// - Throws: `StoreError` with `.newerFormat` or `.damaged`, or what the JSON parser throws; the message doesn't name
    ///   the record.
    init(file bytes: [UInt8]) throws {
        let hasChecksum = try Checksum.check(bytes)
        try self.init(json: JSONValue(parsing: bytes), hasChecksum: hasChecksum)
    }

    /// Reads a record's file but for the key document, of which only the digest is checked: that spares half of the work.
    ///
    /// - Throws: As `init(file:)`.
    static func outcome(file bytes: [UInt8]) throws -> ExecutionOutcome {
        let hasChecksum = try Checksum.check(bytes)
        let (json, document) = try JSONParser.parse(bytes, omitting: "keyDocument")
        let record = try ExecutionRecord(json: json, hasChecksum: hasChecksum)
        guard let document, Digest(of: bytes[document]) == record.key else {
            throw StoreError(.damaged, "its key document has another digest")
        }
        return record.outcome
    }

    private init(json: JSONValue, hasChecksum: Bool) throws {
        do {
            var fields = try JSONFields(json, of: "it")
            let format = try fields.take("format", "number") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
            if hasChecksum { _ = try fields.take("checksum", "digest", \.digest) }
            guard format == 1 || hasChecksum else { throw StoreError(.damaged, "it has no checksum at its start") }
            guard format <= Self.format else {
                throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
            }
            self.init(
                key: try fields.take("key", "digest", \.digest),
                keyDocument: try fields.take("keyDocument", "value") { $0 },
                outputs: try fields.take("outputs", "object of digests") { $0.dictionary(\.digest) },
                metrics: try fields.take("metrics", "object of numbers") { $0.dictionary(\.number) },
                startedAt: try fields.take("startedAt", "finite number", \.finite),
                seconds: try fields.take("seconds", "finite number", \.finite),
                cpuSeconds: try fields.take("cpuSeconds", "finite number", \.finite),
                peakMemoryBytes: try fields.take("peakMemoryBytes", "number", \.integer),
                environment: try fields.take("environment", "object of texts") { $0.dictionary(\.text) })
            if format >= 3 {
                remarks.words = try fields.take("metricWords", "object of texts") { $0.dictionary(\.text) }
                remarks.problem = try fields.take("metricsProblem", "text or null") { value -> String?? in
                    value == .null ? .some(nil) : value.text
                }
            }
            try fields.finish()
        } catch let failure as JSONFields.Failure {
            throw StoreError(.damaged, failure.description)
        }
    }
}

extension JSONValue {
    fileprivate var finite: Double? { number.flatMap { $0.isFinite ? $0 : nil } }
}
