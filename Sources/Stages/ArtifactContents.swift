import Artifacts
import Evaluation
import Foundation
import Pipelines

extension Artifact {
    /// An integer of the metadata.
    package func number(_ name: String) throws -> Int {
        guard case .int(let number) = manifest.metadata[name] else {
            throw DatasetError(
                "artifact \(digest.short) doesn't say what its \(name) is: run its stage with --force-stage")
        }
        return number
    }

    /// A member as UTF-8 text.
    package func text(_ member: String) throws -> String {
        guard let text = String(data: try data(member), encoding: .utf8) else {
            throw DatasetError("\(member) of artifact \(digest.short) is not UTF-8")
        }
        return text
    }
}
