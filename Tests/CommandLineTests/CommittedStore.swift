import Foundation
import Testing

/// The committed store of format 1.
enum CommittedStore {
    static let stages = ["greeting", "loud[letters=a-z]", "loud[letters=aeiou]"]
    /// The key of `greeting`, and the artifacts of it and of the first `loud`.
    static let key = "42d37a7c758e52c5b64765e35f4d92ac69f5981724b1e2a1e901aba2d44441e2"
    static let artifact = "9d2da75b9ef5db3754e04ec56c2db6496465669581e32bf25c8e24301a486340"
    static let otherArtifact = "9c7080fcf9bae3ded5074e8fd08bc8a835c279ec4a95fb6ae05b0d8a13d4e4fa"

    /// A copy of it, and of its pipeline.
    static func copy() throws -> Workspace {
        let fixture = try #require(Bundle.module.url(forResource: "Fixtures/store-1", withExtension: nil))
        let workspace = try Workspace()
        try FileManager.default.copyItem(at: fixture.appendingPathComponent("store"), to: workspace.store)
        for name in ["p.yaml", "name.txt"] {
            try FileManager.default.copyItem(at: fixture.appendingPathComponent(name), to: workspace.file(name))
        }
        return workspace
    }
}
