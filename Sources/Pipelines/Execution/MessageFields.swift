import Artifacts

/// The members of a JSON object, read by name and type; errors say which.
struct MessageFields {
    struct Mismatch: Error, CustomStringConvertible {
        let description: String
    }

    let members: [String: JSONValue]

    init(_ value: JSONValue) throws {
        guard case .object(let members) = value else { throw Mismatch(description: "expected an object") }
        self.members = members
    }

    static func array(_ value: JSONValue) throws -> [JSONValue] {
        guard case .array(let elements) = value else { throw Mismatch(description: "expected an array") }
        return elements
    }

    func string(_ name: String) throws -> String {
        guard case .string(let text) = members[name] else { throw mismatch(name, "a string") }
        return text
    }

    func texts(_ name: String) throws -> [String] {
        guard case .array(let elements) = members[name] else { throw mismatch(name, "an array of strings") }
        return try elements.map { element in
            guard case .string(let text) = element else { throw mismatch(name, "an array of strings") }
            return text
        }
    }

    func int(_ name: String) throws -> Int {
        guard case .int(let number) = members[name] else { throw mismatch(name, "an integer") }
        return number
    }

    func number(_ name: String) throws -> Double {
        guard let number = Self.number(members[name]) else { throw mismatch(name, "a number") }
        return number
    }

    func bool(_ name: String) throws -> Bool {
        guard case .bool(let flag) = members[name] else { throw mismatch(name, "true or false") }
        return flag
    }

    func object(_ name: String) throws -> [String: JSONValue] {
        guard case .object(let members) = members[name] else { throw mismatch(name, "an object") }
        return members
    }

    func digest(_ name: String) throws -> Digest {
        guard let digest = Digest(hex: try string(name)) else { throw mismatch(name, "a digest") }
        return digest
    }

    func word<Word: RawRepresentable<String>>(_ name: String) throws -> Word {
        guard let word = Word(rawValue: try string(name)) else { throw mismatch(name, "one of the known words") }
        return word
    }

    func digests(_ name: String) throws -> [String: Digest] {
        try object(name).mapValues { value in
            guard case .string(let hex) = value, let digest = Digest(hex: hex) else { throw mismatch(name, "digests") }
            return digest
        }
    }

    static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    private func mismatch(_ name: String, _ expected: String) -> Mismatch {
        Mismatch(description: "'\(name)' should be \(expected), found \(members[name]?.canonical ?? "nothing")")
    }
}
