import Artifacts

/// The parameters of a stage kind: a struct whose default values are the defaults, and a table of its fields.
///
/// ```swift
/// struct Parameters: StageParameters {
///     var count = 512
///     var seed = 0
///     static let fields: [ParameterField<Self>] = [
///         .int("count", \.count, in: 1...1_000_000, "How many pairs"),
///         .int("seed", \.seed, in: 0...Int.max, "Seed of the random generator"),
///     ]
/// }
/// ```
package protocol StageParameters: Sendable {
    init()
    static var fields: [ParameterField<Self>] { get }
}

/// One declared parameter: its name, type, range and summary, how to read it and how to write it into a stage key.
package struct ParameterField<Root>: Sendable {
    package let name: String
    package let type: ParameterType
    package let isRequired: Bool
    package let summary: String
    /// False if no result can depend on it: then it isn't in the stage key.
    package var isKeyed = true
    /// True for a parameter that a kind got later: what is null isn't in the stage key, so that earlier results stay valid.
    package private(set) var isLeftOutIfNull = false
    /// The value as it stands in the key document.
    package private(set) var read: @Sendable (Root) -> JSONValue
    /// Sets the value; the JSON value has already been checked against `type`.
    package let write: @Sendable (inout Root, JSONValue) -> Void
}

/// The shape of a parameter's value. Scalars in YAML are read as the declared type, never by YAML's guess.
package indirect enum ParameterType: Sendable, Equatable {
    case int(ClosedRange<Int>)
    case double(ClosedRange<Double>)
    case bool
    case string
    /// One of the given words.
    case choice([String])
    case list(of: ParameterType)
    /// String keys to values, such as a command's `out:` or an environment.
    case map(of: ParameterType)
    /// The given type or `null` (an absent value).
    case optional(ParameterType)
    /// The first type that fits, such as a preset's word or a list of pairs.
    case either([ParameterType])
}

extension ParameterField {
    package static func int(
        _ name: String, _ path: WritableKeyPath<Root, Int> & Sendable, in range: ClosedRange<Int>,
        required: Bool = false, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .int(range), isRequired: required, summary: summary, read: { .int($0[keyPath: path]) },
            write: {
                if case .int(let value) = $1 { $0[keyPath: path] = value }
            })
    }

    package static func optionalInt(
        _ name: String, _ path: WritableKeyPath<Root, Int?> & Sendable, in range: ClosedRange<Int>, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .optional(.int(range)), isRequired: false, summary: summary,
            read: { $0[keyPath: path].map(JSONValue.int) ?? .null },
            write: {
                if case .int(let value) = $1 { $0[keyPath: path] = value } else { $0[keyPath: path] = nil }
            })
    }

    package static func optionalDouble(
        _ name: String, _ path: WritableKeyPath<Root, Double?> & Sendable, in range: ClosedRange<Double>,
        _ summary: String
    ) -> Self {
        Self(
            name: name, type: .optional(.double(range)), isRequired: false, summary: summary,
            read: { $0[keyPath: path].map(JSONValue.double) ?? .null },
            write: { $0[keyPath: path] = $1.number })
    }

    package static func optionalString(
        _ name: String, _ path: WritableKeyPath<Root, String?> & Sendable, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .optional(.string), isRequired: false, summary: summary,
            read: { $0[keyPath: path].map(JSONValue.string) ?? .null },
            write: {
                if case .string(let text) = $1 { $0[keyPath: path] = text } else { $0[keyPath: path] = nil }
            })
    }

    package static func optionalChoice<Choice>(
        _ name: String, _ path: WritableKeyPath<Root, Choice?> & Sendable, _ summary: String
    ) -> Self where Choice: CaseIterable & RawRepresentable<String> & Sendable {
        Self(
            name: name, type: .optional(.choice(Choice.allCases.map(\.rawValue))), isRequired: false, summary: summary,
            read: { $0[keyPath: path].map { .string($0.rawValue) } ?? .null },
            write: {
                if case .string(let word) = $1 {
                    $0[keyPath: path] = Choice(rawValue: word)
                } else {
                    $0[keyPath: path] = nil
                }
            })
    }

    package static func double(
        _ name: String, _ path: WritableKeyPath<Root, Double> & Sendable, in range: ClosedRange<Double>,
        required: Bool = false, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .double(range), isRequired: required, summary: summary,
            read: { .double($0[keyPath: path]) },
            write: {
                if case .double(let value) = $1 { $0[keyPath: path] = value }
            })
    }

    package static func bool(
        _ name: String, _ path: WritableKeyPath<Root, Bool> & Sendable, required: Bool = false, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .bool, isRequired: required, summary: summary, read: { .bool($0[keyPath: path]) },
            write: {
                if case .bool(let value) = $1 { $0[keyPath: path] = value }
            })
    }

    package static func string(
        _ name: String, _ path: WritableKeyPath<Root, String> & Sendable, required: Bool = false, _ summary: String
    ) -> Self {
        Self(
            name: name, type: .string, isRequired: required, summary: summary, read: { .string($0[keyPath: path]) },
            write: {
                if case .string(let value) = $1 { $0[keyPath: path] = value }
            })
    }

    package static func choice<Choice>(
        _ name: String, _ path: WritableKeyPath<Root, Choice> & Sendable, required: Bool = false, _ summary: String
    ) -> Self where Choice: CaseIterable & RawRepresentable<String> & Sendable {
        Self(
            name: name, type: .choice(Choice.allCases.map(\.rawValue)), isRequired: required, summary: summary,
            read: { .string($0[keyPath: path].rawValue) },
            write: {
                if case .string(let word) = $1, let value = Choice(rawValue: word) { $0[keyPath: path] = value }
            })
    }

    /// A value of any declared type, kept as JSON in the parameter struct.
    package static func json(
        _ name: String, _ path: WritableKeyPath<Root, JSONValue> & Sendable, _ type: ParameterType,
        required: Bool = false, _ summary: String
    ) -> Self {
        Self(
            name: name, type: type, isRequired: required, summary: summary, read: { $0[keyPath: path] },
            write: {
                $0[keyPath: path] = $1
            })
    }
}

extension ParameterField {
    /// The same parameter, left out of the stage key: for what no result can depend on.
    package var unkeyed: Self {
        var field = self
        field.isKeyed = false
        return field
    }

    /// The same parameter, left out of the stage key where it is null.
    package var leftOutIfNull: Self {
        var field = self
        field.isLeftOutIfNull = true
        return field
    }

    /// The same parameter with another value in the key document, such as one that is made of other parameters where it is left
    /// out.
    package func keyed(as read: @escaping @Sendable (Root) -> JSONValue) -> Self {
        var field = self
        field.read = read
        return field
    }
}

extension StageKind {
    /// The names of the parameters that aren't in the stage key.
    static var unkeyedParameters: [String] { Parameters.fields.filter { !$0.isKeyed }.map(\.name) }
}

extension StageParameters {
    /// Every parameter by name with its value, defaults included.
    package var canonical: [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        for field in Self.fields {
            let value = field.read(self)
            if !field.isLeftOutIfNull || value != .null { values[field.name] = value }
        }
        return values
    }

    /// The parameters that `canonical` came from.
    package init(canonical: [String: JSONValue]) {
        self.init()
        for field in Self.fields {
            if let value = canonical[field.name] { field.write(&self, value) }
        }
    }
}
