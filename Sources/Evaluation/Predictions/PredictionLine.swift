import JSONReading

/// A line of a file of predictions, which is a JSON object; fields that aren't asked for are ignored.
private struct PredictionLine {
    private let object: JSONMembers
    private let place: String

    init(_ bytes: [UInt8], _ file: String, _ line: Int) throws(DatasetError) {
        place = "\(file):\(line)"
        let node: JSONNode
        do {
            node = try JSONNode(parsing: bytes)
        } catch {
            throw DatasetError("\(place):\(error.column): \(error.message)")
        }
        guard let object = node.members else { throw DatasetError("\(place): found \(node.kind), expected an object") }
        self.object = object
    }

    func failure(_ message: String) -> DatasetError { DatasetError("\(place): \(message)") }

    func value(_ name: String, expected: String) throws(DatasetError) -> JSONNode {
        guard let value = object[name] else { throw failure("no '\(name)', expected \(expected)") }
        return value
    }

    /// A whole number in a range.
    func count(_ name: String, in range: ClosedRange<Int>) throws(DatasetError) -> Int {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        let value = try value(name, expected: expected)
        guard let count = value.integer, range.contains(count) else {
            let found = value.number == nil ? value.kind : String(value.text.prefix(40))
            throw failure("'\(name)' is \(found), expected \(expected)")
        }
        return count
    }
}

extension Prediction {
    /// Reads `{"hypothesis": "…", "references": ["…", …]}`. A reference that is null is left out, so that files with a place
    /// for each of several references may have less for some.
    ///
    /// - Throws: `DatasetError` naming file and line, what was found and what was expected.
    package init(line bytes: [UInt8], file: String, number: Int) throws(DatasetError) {
        let line = try PredictionLine(bytes, file, number)
        let hypothesis = try line.value("hypothesis", expected: "a string")
        guard let text = hypothesis.string else {
            throw line.failure("'hypothesis' is \(hypothesis.kind), expected a string")
        }
        let list = try line.value("references", expected: "a list of strings")
        guard let elements = list.elements else {
            throw line.failure("'references' is \(list.kind), expected a list of strings")
        }
        var references: [String] = []
        for (index, element) in elements.enumerated() where !element.isNull {
            guard let reference = element.string else {
                throw line.failure("reference \(index + 1) is \(element.kind), expected a string")
            }
            references.append(reference)
        }
        guard !references.isEmpty else {
            throw line.failure("'references' has no text, expected at least one reference")
        }
        self.init(text, references: references)
    }
}

extension PassAtK.Samples {
    /// Reads `{"n": 200, "c": 13}`: samples, and how many of them are right.
    ///
    /// - Throws: `DatasetError` naming file and line, what was found and what was expected.
    package init(line bytes: [UInt8], file: String, number: Int) throws(DatasetError) {
        let line = try PredictionLine(bytes, file, number)
        let count = try line.count("n", in: 1...Self.maximumCount)
        self.init(count: count, right: try line.count("c", in: 0...count))
    }
}
