import Foundation
import JSONReading
import Tensors

/// Writes model folders as Hugging Face's transformers reads them: `config.json`, other files as given, and the weights as
/// safetensors, in one file or, above a size, in several with an index.
package struct HuggingFaceExport {
    private let configuration: JSONMembers
    /// The most bytes of tensors in a file; a tensor that is larger has one of its own.
    private let maximumShardSize: Int
    private var files: [(name: String, bytes: [UInt8])] = []
    private var tensors: [ExportedTensor] = []

    package init(configuration: JSONMembers, maximumShardSize: Int = 5_000_000_000) {
        self.configuration = configuration
        self.maximumShardSize = maximumShardSize
    }

    /// Adds a tensor in `.f32`, `.f16` or `.bf16`.
    package mutating func add(_ tensor: ExportedTensor) {
        precondition(Self.names[tensor.type] != nil, "safetensors has no \(tensor.type.rawValue): \(tensor.name)")
        precondition(!tensors.contains { $0.name == tensor.name }, "two tensors are named \(tensor.name)")
        tensors.append(tensor)
    }

    /// Adds a file such as `tokenizer.json`.
    package mutating func add(file name: String, _ bytes: [UInt8]) {
        precondition(!name.contains("/") && !files.contains { $0.name == name }, "the file \(name)")
        files.append((name, bytes))
    }

    /// Writes the folder, which is made if it isn't there. An existing model in it is not overwritten.
    ///
    /// - Throws: `CheckpointError`, or what a tensor's rows throw.
    package func write(to path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CheckpointError(path, "the folder can't be made")
        }
        let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        if let other = present.sorted().first(where: {
            $0.hasPrefix("model") && $0.contains(".safetensors") || $0 == "config.json"
        }) {
            throw CheckpointError(path, "the folder has a model already: \(other); choose another or remove it")
        }
        let shards = Self.shards(tensors, maximumShardSize)
        var places: JSONMembers = [:]
        for (index, shard) in shards.enumerated() {
            let name =
                shards.count == 1
                ? "model.safetensors" : "model-\(Self.padded(index + 1))-of-\(Self.padded(shards.count)).safetensors"
            try Self.write(shard, to: (path as NSString).appendingPathComponent(name))
            for tensor in shard { _ = places.append(tensor.name, .string(name)) }
        }
        if shards.count > 1 {
            let total = tensors.reduce(0) { $0 + $1.bytes }
            let index: JSONMembers = [
                "metadata": .object(["total_size": .int(total)]), "weight_map": .object(places),
            ]
            try write(
                "model.safetensors.index.json", Array((JSONNode.object(index).indentedText() + "\n").utf8), in: path)
        }
        for (name, bytes) in files { try write(name, bytes, in: path) }
        // Last: a folder with it is complete.
        try write("config.json", Array((JSONNode.object(configuration).indentedText() + "\n").utf8), in: path)
    }

    private func write(_ name: String, _ bytes: [UInt8], in path: String) throws(CheckpointError) {
        let file = try ExportFile((path as NSString).appendingPathComponent(name))
        try file.append(bytes)
        try file.finish()
    }

    private static let names: [ElementType: String] = [.f32: "F32", .f16: "F16", .bf16: "BF16"]

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    /// Tensors in their order, as many to a file as fit.
    private static func shards(_ tensors: [ExportedTensor], _ limit: Int) -> [[ExportedTensor]] {
        var shards: [[ExportedTensor]] = [[]]
        var size = 0
        for tensor in tensors {
            if size > 0, size + tensor.bytes > limit {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(tensor)
            size += tensor.bytes
        }
        return shards
    }

    /// One safetensors file. Tensors of wider elements come first, so that all are aligned.
    private static func write(_ tensors: [ExportedTensor], to path: String) throws {
        let sorted = tensors.filter { $0.type == .f32 } + tensors.filter { $0.type != .f32 }
        var members: JSONMembers = ["__metadata__": .object(["format": .string("pt")])]
        var end = 0
        for tensor in sorted {
            let entry: JSONMembers = [
                "dtype": .string(names[tensor.type] ?? ""), "shape": .array(tensor.shape.map(JSONNode.int)),
                "data_offsets": .array([.int(end), .int(end + tensor.bytes)]),
            ]
            _ = members.append(tensor.name, .object(entry))
            end += tensor.bytes
        }
        var header = Array(JSONNode.object(members).indentedText().utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let file = try ExportFile(path)
        try file.append(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
        try file.append(header)
        for tensor in sorted {
            let start = file.size
            try tensor.write { try file.append($0) }
            precondition(
                file.size - start == tensor.bytes, "\(tensor.name): \(file.size - start) of \(tensor.bytes) bytes")
        }
        try file.finish()
    }
}
