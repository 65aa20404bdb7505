import Foundation
import JSONReading

/// A model folder as Hugging Face's transformers saves it: configuration, weights, and where its tokenizer is.
package struct HuggingFaceFolder: Sendable {
    package let path: String
    /// `config.json`.
    package let configuration: JSONNode
    /// `generation_config.json`, if there is one.
    package let generation: JSONNode?
    package let weights: any WeightSource
    package let tokenizer: TokenizerFiles

    /// Opens the folder; the weights are mapped, not read.
    ///
    /// - Parameter hasWeights: Whether there are any; a folder with the files about text alone is no model of transformers.
    /// - Throws: `CheckpointError` with everything that is wrong in all of its files.
    package init(_ path: String, hasWeights: Bool = true) throws {
        self.path = path
        let files = try FolderListing(path)
        var problems: [String] = []
        func attempt<Value>(_ read: () throws -> Value) throws -> Value? {
            do {
                return try read()
            } catch let error as CheckpointError {
                let name = error.path.hasPrefix(path + "/") ? String(error.path.dropFirst(path.count + 1)) : error.path
                problems += error.problems.map { error.path == path ? $0 : "\(name): \($0)" }
                return nil
            }
        }
        let configuration = try attempt { try Self.object(files, "config.json") }
        if configuration == .some(nil) { problems.append("no config.json, which describes the model") }
        let generation = try attempt { try Self.object(files, "generation_config.json") }
        let weights = try attempt { hasWeights ? try Self.weights(files) : NoWeights(path: path) }
        let tokenizer = try attempt { try TokenizerFiles(files) }
        guard problems.isEmpty, let configuration = configuration ?? nil, let weights, let tokenizer else {
            throw CheckpointError(path, problems)
        }
        self.configuration = configuration
        self.generation = generation ?? nil
        self.weights = weights
        self.tokenizer = tokenizer
    }

    /// True if a folder is meant to be one of these.
    package static func isOne(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: (path as NSString).appendingPathComponent("config.json"))
    }

    /// The ids of the tokens that end a generated text: those of `generation_config.json`, else of `config.json`.
    package var endTokens: [Int] {
        for json in [generation, configuration].compactMap({ $0 }) {
            guard let value = json["eos_token_id"], !value.isNull else { continue }
            return (value.elements ?? [value]).compactMap(\.integer)
        }
        return []
    }

    private static func object(_ files: FolderListing, _ name: String) throws -> JSONNode? {
        guard let path = files.path(of: name) else { return nil }
        let json = try readJSON(path)
        guard json.members != nil else { throw CheckpointError(path, "\(json.kind), expected an object") }
        return json
    }

    private static func weights(_ files: FolderListing) throws -> any WeightSource {
        // As transformers: the single file first.
        if let path = files.path(of: "model.safetensors") { return try SafetensorsShard(path) }
        if let path = files.path(of: "model.safetensors.index.json") { return try SafetensorsShards(index: path) }
        let others = files.names.filter { name in
            [".bin", ".pt", ".pth", ".gguf", ".safetensors", ".h5", ".msgpack"].contains { name.hasSuffix($0) }
        }
        throw CheckpointError(
            files.path,
            "no model.safetensors and no model.safetensors.index.json"
                + (others.isEmpty ? "" : "; found \(others.prefix(8).joined(separator: ", "))")
                + (others.contains { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") || $0.hasSuffix(".pth") }
                    ? "; pickled weights are not read: save the model again with safetensors" : ""))
    }
}

/// The names in a folder.
struct FolderListing {
    let path: String
    let names: [String]

    init(_ path: String) throws(CheckpointError) {
        self.path = path
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw CheckpointError(path, "the folder can't be read")
        }
    }

    /// The path of a file in the folder, if it is there (or a broken link is).
    func path(of name: String) -> String? {
        names.contains(name) ? (path as NSString).appendingPathComponent(name) : nil
    }
}
