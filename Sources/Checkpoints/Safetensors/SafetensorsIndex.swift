import Foundation
import JSONReading

/// `model.safetensors.index.json`: which of several files holds which tensor.
struct SafetensorsIndex {
    let path: String
    /// In the order of the file.
    let shardOfTensor: [(tensor: String, shard: String)]

    init(_ path: String) throws {
        self.path = path
        let json = try readJSON(path)
        guard let map = json["weight_map"]?.members else {
            throw CheckpointError(path, "no object 'weight_map', which names each tensor's file")
        }
        var problems: [String] = []
        var shards: [(String, String)] = []
        for (tensor, value) in map.members {
            guard let shard = value.string else {
                problems.append("tensor '\(tensor)': \(value.kind), expected a file name")
                continue
            }
            if Self.isFileName(shard) {
                shards.append((tensor, shard))
            } else {
                problems.append("tensor '\(tensor)': '\(shard)' is not the name of a file in the same folder")
            }
        }
        if map.count == 0 { problems.append("weight_map is empty") }
        shardOfTensor = shards
        guard problems.isEmpty else { throw CheckpointError(path, problems) }
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}

/// Several safetensors files that an index makes one checkpoint.
package struct SafetensorsShards: WeightSource {
    package let path: String
    package let tensors: [StoredTensor]
    package let shards: [SafetensorsShard]
    private let table: TensorTable

    /// - Throws: `CheckpointError` with everything that is wrong in the index and in all files.
    package init(index path: String) throws {
        self.path = path
        let index = try SafetensorsIndex(path)
        let folder = (path as NSString).deletingLastPathComponent
        var problems: [String] = []
        var shards: [[UInt8]: SafetensorsShard] = [:]
        var order: [SafetensorsShard] = []
        var unreadable: Set<[UInt8]> = []
        for (_, name) in index.shardOfTensor {
            let key = Array(name.utf8)
            guard shards[key] == nil, !unreadable.contains(key) else { continue }
            do {
                let shard = try SafetensorsShard((folder as NSString).appendingPathComponent(name))
                shards[key] = shard
                order.append(shard)
            } catch let error as CheckpointError {
                unreadable.insert(key)
                problems += error.problems.map { "\(name): \($0)" }
            }
        }
        var listed: Set<[UInt8]> = []
        var tensors: [StoredTensor] = []
        for (name, shardName) in index.shardOfTensor {
            listed.insert(Array(name.utf8))
            guard let shard = shards[Array(shardName.utf8)] else { continue }
            if let tensor = shard[name] {
                tensors.append(tensor)
            } else {
                let nearest = nearestTensorName(to: name, among: shard.tensors.map(\.name))
                problems.append(
                    "tensor '\(name)' is not in \(shardName), where the index places it"
                        + (nearest.map { "; the nearest there is '\($0)'" } ?? ""))
            }
        }
        for shard in order {
            let file = (shard.path as NSString).lastPathComponent
            problems += shard.tensors.filter { !listed.contains(Array($0.name.utf8)) }.map {
                "tensor '\($0.name)' in \(file) is not in the index"
            }
        }
        self.shards = order
        self.tensors = tensors
        table = TensorTable.make(tensors).table
        guard problems.isEmpty else { throw CheckpointError(path, problems) }
    }

    package subscript(name: String) -> StoredTensor? { table[name] }

    package func check() throws(CheckpointError) {
        for shard in shards { try shard.check() }
    }
}
