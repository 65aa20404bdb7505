import Foundation
import Testing

/// The committed stores of format 1.
enum CommittedStore: Int, CaseIterable {
    /// With results of `command` version 1.
    case first = 1
    /// With results of `command` version 2, which are still used.
    case current

    static let stages = ["greeting", "loud[letters=a-z]", "loud[letters=aeiou]"]
    /// The key of `greeting` in the current one, and the artifacts of it and of the first `loud`.
    static let key = "c0bff33eff9c32283dba2152f237a556d3d74ab14ff4a4f81a146b15f955b68e"
    static let artifact = "9d2da75b9ef5db3754e04ec56c2db6496465669581e32bf25c8e24301a486340"
    static let otherArtifact = "9c7080fcf9bae3ded5074e8fd08bc8a835c279ec4a95fb6ae05b0d8a13d4e4fa"

    /// A copy of it, and of its pipeline.
    static func copy(_ store: CommittedStore = .current) throws -> Workspace {
        let name = "Fixtures/store-\(store.rawValue)"
        let fixture = try #require(Bundle.module.url(forResource: name, withExtension: nil))
        let workspace = try Workspace()
        try FileManager.default.copyItem(at: fixture.appendingPathComponent("store"), to: workspace.store)
        for name in ["p.yaml", "name.txt"] {
            try FileManager.default.copyItem(at: fixture.appendingPathComponent(name), to: workspace.file(name))
        }
        return workspace
    }
}
