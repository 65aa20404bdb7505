/// Takes the members of a JSON object one by one and refuses what is left over.
struct JSONFields {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var members: [String: JSONValue]
    private let subject: String

    init(_ value: JSONValue, of subject: String) throws(Failure) {
        guard case .object(let members) = value else {
            throw Failure(description: "\(subject) is no JSON object")
        }
        self.members = members
        self.subject = subject
    }

    mutating func take<Value>(
        _ name: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(Failure) -> Value {
        guard let value = members.removeValue(forKey: name) else {
            throw Failure(description: "\(subject) has no field '\(name)'")
        }
        guard let converted = convert(value) else {
            throw Failure(description: "\(subject) has no \(expected) in '\(name)'")
        }
        return converted
    }

    func finish() throws(Failure) {
        if let name = members.keys.min() {
            throw Failure(description: "\(subject) has an unknown field '\(name)'")
        }
    }
}
