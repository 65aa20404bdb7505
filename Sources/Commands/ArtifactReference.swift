import Artifacts
import Catalogue
import Foundation
import Pipelines

/// The one artifact that a command's argument means, with its manifest, kept from collection while this object lives.
struct ArtifactReference {
    static let help = """
        A stage's output (STAGE.ROLE, or STAGE if it has one output; STAGE.ROLE@RUN for another run than the latest; of \
        checkouts that share a store, the one in which you are), or a \
        prefix of an artifact's digest or a stage key.
        """

    let digest: Digest
    let manifest: Manifest
    /// What a folder with the artifact's members would be called.
    let name: String
    private let collection: FileLock?

    /// - Throws: `CommandFailure` for what means no artifact or several, `StoreError` for the store.
    init(_ text: String, in store: Store) throws {
        let catalogue = try Catalogue(store: store)
        collection = try? FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        switch try Reference(text, in: catalogue, withOutputs: true) {
        case .run(let run):
            throw CommandFailure.notFound("\(run.id) is a run; name a stage's output: STAGE.ROLE@\(run.id)")
        case .stage(let stage):
            let outputs = try catalogue.outputs(run: stage.run).filter { $0.stage == stage.name }
            guard let output = outputs.first else {
                throw CommandFailure.notFound(
                    "stage \(stage.name) has no output in run \(stage.run) (it is \(stage.state))")
            }
            guard outputs.count == 1 else {
                let roles = outputs.map { "\(stage.name).\($0.role)" }.sorted().joined(separator: ", ")
                throw CommandFailure.notFound("stage \(stage.name) has \(outputs.count) outputs; name one: \(roles)")
            }
            (digest, name) = (output.artifact, output.role)
        case .artifact(let artifact):
            digest = artifact
            let roles = try catalogue.producers(of: artifact).map(\.role)
            let word = text.split(separator: "@").first.map(String.init) ?? text
            name = roles.filter { word.hasSuffix(".\($0)") }.max { $0.count < $1.count } ?? artifact.short
        }
        manifest = try store.manifest(digest)
    }

    /// The one file that the artifact is; nil if it is a folder or has several members.
    var onlyFile: (name: String, member: Manifest.Member)? {
        guard manifest.type != .folder, manifest.members.count == 1, let (name, member) = manifest.members.first else {
            return nil
        }
        return (name, member)
    }
}
