import ChatTemplates
import Checkpoints
import Foundation
import JSONReading
import LanguageModels

/// Readers of what models from anywhere bring along.
extension FuzzTarget {
    static let models: [String: @Sendable () throws -> FuzzTarget] = [
        "gguf": gguf, "shard": shard, "index": index, "config": configuration, "template": template, "json": json,
    ]

    private static func gguf() throws -> FuzzTarget {
        let folder = try ModelFolder()
        let path = folder.path + "/model.gguf"
        return FuzzTarget { bytes in
            folder.write(bytes, to: path)
            guard let file = try? GGUFFile(path) else { return }
            readAll(file)
            for key in file.keys {
                guard let array = file.value(key)?.array else { continue }
                _ = try? array.strings()
                _ = try? array.numbers()
                _ = try? array.bools()
                _ = try? array.floats()
            }
            _ = try? PretrainedModel(file)
        }
    }

    private static func shard() throws -> FuzzTarget {
        let folder = try ModelFolder()
        let path = folder.path + "/model.safetensors"
        return FuzzTarget { bytes in
            folder.write(bytes, to: path)
            if let file = try? SafetensorsShard(path) { readAll(file) }
        }
    }

    /// Every tensor that is listed is there and can be read, or its type is one that isn't supported.
    private static func readAll(_ source: some WeightSource) {
        for tensor in source.tensors {
            guard source[tensor.name] != nil else { fatalError("tensor \(tensor.name) is listed and not there") }
            if tensor.type != nil, (try? tensor.floats())?.count != tensor.count {
                fatalError("tensor \(tensor.name) can't be read")
            }
        }
    }

    /// An index over two files.
    private static func index() throws -> FuzzTarget {
        let folder = try ModelFolder()
        for (name, tensor) in [("a", "one"), ("b", "two")] {
            let header = Array(#"{"\#(tensor)":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.utf8)
            let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
            folder.write(length + header + [0, 0, 0, 0], to: "\(folder.path)/\(name).safetensors")
        }
        let path = folder.path + "/model.safetensors.index.json"
        return FuzzTarget { bytes in
            folder.write(bytes, to: path)
            if let shards = try? SafetensorsShards(index: path) { readAll(shards) }
        }
    }

    /// `config.json` over weights that fit none.
    private static func configuration() throws -> FuzzTarget {
        let folder = try ModelFolder()
        let header = Array(#"{"model.embed_tokens.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}}"#.utf8)
        let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        folder.write(length + header + [0, 0, 0, 0], to: folder.path + "/model.safetensors")
        return FuzzTarget { bytes in
            folder.write(bytes, to: folder.path + "/config.json")
            guard let model = try? HuggingFaceFolder(folder.path) else { return }
            _ = model.endTokens
            _ = try? PretrainedModel(model)
        }
    }

    /// A template over a conversation, with few steps so that the fuzzer makes many.
    private static func template() throws -> FuzzTarget {
        let text = #"""
            {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "  Moni e\u0301 \n"},
              {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1.5}}}]}],
             "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
             "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>", "n": 3}
            """#
        guard let variables = try JSONNode(parsing: Array(text.utf8)).members else { fatalError("not an object") }
        return FuzzTarget { bytes in
            guard let template = try? ChatTemplate(String(decoding: bytes, as: UTF8.self)) else { return }
            _ = try? template.render(variables, now: Date(timeIntervalSince1970: 0), steps: 20_000)
        }
    }

    private static func json() -> FuzzTarget {
        FuzzTarget { bytes in
            guard let json = try? JSONNode(parsing: bytes) else { return }
            // NaN isn't equal to itself.
            let text = json.indentedText()
            guard !text.contains("NaN") else { return }
            guard let again = try? JSONNode(parsing: Array(text.utf8)), again == json else {
                fatalError("JSON isn't read back: \(text)")
            }
        }
    }
}

/// A folder in memory, where there is such a file system.
private final class ModelFolder {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let parent =
            FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
        path = "\(parent)/calm-fuzz-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        FuzzFolders.remember(path)
    }

    func write(_ bytes: [UInt8], to file: String) {
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            fatalError("can't write \(file): \(String(cString: strerror(errno)))")
        }
        close(descriptor)
    }
}
