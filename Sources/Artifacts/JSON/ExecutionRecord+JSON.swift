extension ExecutionRecord {
    /// The newest format that this code reads.
    package static let format = 1

    /// The JSON whose canonical text is the record's file. Metrics that aren't finite are written as words (`"NaN"`).
    package var json: JSONValue {
        .object([
            "format": .int(format),
            "key": .string(key.hex),
            "keyDocument": keyDocument,
            "outputs": .object(outputs.mapValues { .string($0.hex) }),
            "metrics": .object(metrics.mapValues(JSONValue.init(number:))),
            "startedAt": JSONValue(number: startedAt),
            "seconds": JSONValue(number: seconds),
            "cpuSeconds": JSONValue(number: cpuSeconds),
            "peakMemoryBytes": .int(peakMemoryBytes),
            "environment": .object(environment.mapValues(JSONValue.string)),
        ])
    }

    /// - Throws: `StoreError` with `.newerFormat` or `.damaged`; the message doesn't name the record.
    package init(json: JSONValue) throws {
        do {
            var fields = try JSONFields(json, of: "it")
            let format = try fields.take("format", "number", \.integer)
            guard format <= Self.format else {
                throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
            }
            self.init(
                key: try fields.take("key", "digest", \.digest),
                keyDocument: try fields.take("keyDocument", "value") { $0 },
                outputs: try fields.take("outputs", "object of digests") { $0.dictionary(\.digest) },
                metrics: try fields.take("metrics", "object of numbers") { $0.dictionary(\.number) },
                startedAt: try fields.take("startedAt", "number", \.number),
                seconds: try fields.take("seconds", "number", \.number),
                cpuSeconds: try fields.take("cpuSeconds", "number", \.number),
                peakMemoryBytes: try fields.take("peakMemoryBytes", "number", \.integer),
                environment: try fields.take("environment", "object of texts") { $0.dictionary(\.text) })
            try fields.finish()
        } catch let failure as JSONFields.Failure {
            throw StoreError(.damaged, failure.description)
        }
    }
}
