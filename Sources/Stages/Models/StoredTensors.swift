import Artifacts
import Pipelines
import Tensors

/// The tensors of an artifact's safetensors members.
package struct StoredTensors: Sendable {
    package struct Entry: Sendable {
        package let name: String
        package let type: String
        package let shape: [Int]
    }

    package let list: [Entry]

    /// - Throws: `StoreError` if a member is missing or damaged, `StageFailure` if it is no safetensors file.
    package init(_ artifact: Artifact) throws {
        var list: [Entry] = []
        for member in artifact.manifest.members.keys.sorted() where member.hasSuffix(".safetensors") {
            do {
                let file = try SafetensorsFile(try artifact.data(member))
                list += file.names.compactMap { name in
                    file[name].map { Entry(name: name, type: $0.type.rawValue.uppercased(), shape: $0.shape) }
                }
            } catch let error as SafetensorsError {
                throw StageFailure(.badInput, "\(member) of \(artifact.digest.short): \(error)")
            }
        }
        self.list = list
    }
}
