import Checkpoints
import JSONReading
import Tensors

/// Reads a model's configuration, value by value, and remembers everything that is wrong with it.
///
/// A value that is missing or isn't what was expected becomes a stand-in, so that reading goes on; ``finish(_:)`` throws then.
final class ConfigurationReader {
    /// Where a value comes from.
    enum Source {
        /// An object of `config.json`.
        case json(JSONNode)
        /// Metadata whose keys begin with the architecture's name.
        case gguf(GGUFFile, architecture: String)
    }

    /// The file, for messages.
    private let path: String
    let source: Source
    /// What the configuration says of each kind of rotary positions that was read from it.
    var rotary: [RotaryPositions: RotaryDescription] = [:]
    private var problems: [String] = []

    init(path: String, _ source: Source) {
        self.path = path
        self.source = source
    }

    func fail(_ problem: String) { problems.append(problem) }

    /// `value`, unless something was wrong.
    func finish<Value>(_ value: @autoclosure () throws -> Value) throws -> Value {
        guard problems.isEmpty else { throw CheckpointError(path, problems) }
        do {
            return try value()
        } catch let error as ConfigurationError {
            throw CheckpointError(path, error.message)
        }
    }

    /// A positive integer; of a list, which some checkpoints have per layer, its one value.
    func integer(_ key: String, default standard: Int? = nil) -> Int {
        guard let found = optionalInteger(key) else {
            if let standard { return standard }
            fail("missing key '\(name(key))', expected a positive integer")
            return 1
        }
        return found
    }

    func optionalInteger(_ key: String) -> Int? {
        switch source {
        case .json(let json):
            guard let value = json[key], !value.isNull else { return nil }
            return positive(key, value.integer, found: value.kind)
        case .gguf(let file, _):
            guard let value = file.value(name(key)) else { return nil }
            if let array = value.array {
                let values = (try? array.integers()) ?? []
                guard let first = values.first, values.allSatisfy({ $0 == first }) else {
                    fail("key '\(name(key))': a value for each layer, expected the same for all")
                    return 1
                }
                return positive(key, first, found: "a list")
            }
            return positive(key, value.integer, found: "\(value)")
        }
    }

    private func positive(_ key: String, _ value: Int?, found: String) -> Int {
        // Far beyond any model, and small enough for the products of two.
        guard let value, value > 0, value <= 1 << 30 else {
            fail("key '\(name(key))': \(value.map(String.init) ?? found), expected a positive integer")
            return 1
        }
        return value
    }

    func number(_ key: String, default standard: Double? = nil) -> Double {
        guard let found = optionalNumber(key) else {
            if let standard { return standard }
            fail("missing key '\(name(key))', expected a number")
            return 1
        }
        return found
    }

    func optionalNumber(_ key: String) -> Double? {
        let (value, found): (Double?, String)
        switch source {
        case .json(let json):
            guard let node = json[key], !node.isNull else { return nil }
            (value, found) = (node.number, node.kind)
        case .gguf(let file, _):
            guard let node = file.value(name(key)) else { return nil }
            (value, found) = (node.number, "\(node)")
        }
        guard let value, value.isFinite else {
            fail("key '\(name(key))': \(found), expected a number")
            return 1
        }
        return value
    }

    func boolean(_ key: String, default standard: Bool) -> Bool {
        guard case .json(let json) = source, let value = json[key], !value.isNull else { return standard }
        guard let bool = value.bool else {
            fail("key '\(key)': \(value.kind), expected true or false")
            return standard
        }
        return bool
    }

    /// Of `config.json`.
    func node(_ key: String) -> JSONNode? {
        guard case .json(let json) = source, let value = json[key], !value.isNull else { return nil }
        return value
    }

    /// Of GGUF metadata.
    func value(_ key: String) -> GGUFValue? {
        guard case .gguf(let file, _) = source else { return nil }
        return file.value(name(key))
    }

    /// Refuses any activation but those named.
    func expectActivation(_ keys: [String], _ accepted: Set<String>) {
        for key in keys {
            guard let value = node(key) else { continue }
            guard let text = value.string, accepted.contains(text) else {
                fail(
                    "key '\(key)': \(value.string ?? value.kind), expected \(accepted.sorted().joined(separator: " or "))"
                )
                return
            }
            return
        }
    }

    private func name(_ key: String) -> String {
        if case .gguf(_, let architecture) = source { "\(architecture).\(key)" } else { key }
    }
}
