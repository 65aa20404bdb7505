/// A JSON value as it stands in a file: members keep their order, integers and other numbers are told apart.
///
/// This is for files that others wrote (model configurations, headers, chat messages). What calm writes and hashes itself is
/// canonical JSON.
package enum JSONNode: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    /// Has a point or an exponent, or is beyond 64 bits.
    case double(Double)
    /// A number beyond what `Int` and `Double` hold, as it is written.
    case decimal(String)
    case string(String)
    case array([JSONNode])
    case object(JSONMembers)
}

/// The members of an object in the order in which they were written. Names are compared byte by byte.
package struct JSONMembers: Sendable, Equatable {
    package private(set) var members: [(name: String, value: JSONNode)]
    private var places: [Name: Int] = [:]

    package init() { members = [] }

    /// False, and nothing is added, if there is a member of this name.
    package mutating func append(_ name: String, _ value: JSONNode) -> Bool {
        guard places.updateValue(members.count, forKey: Name(name)) == nil else { return false }
        members.append((name, value))
        return true
    }

    package var names: [String] { members.map(\.name) }
    package var count: Int { members.count }

    package subscript(name: String) -> JSONNode? { places[Name(name)].map { members[$0].value } }

    package static func == (a: Self, b: Self) -> Bool {
        a.members.elementsEqual(b.members) { Name($0.name) == Name($1.name) && $0.value == $1.value }
    }

    /// `String` calls texts equal that are canonically equivalent; JSON doesn't.
    private struct Name: Hashable, Sendable {
        let text: String
        init(_ text: String) { self.text = text }
        static func == (a: Name, b: Name) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }
}

extension JSONNode {
    /// The member of this name, if this is an object that has it.
    package subscript(name: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var members: JSONMembers? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var elements: [JSONNode]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// An integer, also one that is written with a point (`1e3`, `2.0`).
    package var integer: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .decimal(let text): Double(text)
        default: nil
        }
    }

    package var isNull: Bool { self == .null }

    /// What kind of value this is, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int: "an integer"
        case .double, .decimal: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
