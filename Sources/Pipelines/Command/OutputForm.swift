import Artifacts

/// What the files of a command's output are to be, beyond being there: `out: { pairs: { path: pairs.jsonl, as: jsonl } }`.
package struct OutputForm: Sendable {
    package let name: String
    package let summary: String
    /// The type of the artifact; nil for a file or a folder, as the path says.
    package let type: ArtifactType?
    /// Throws what is wrong with the file or folder at a path.
    package let check: @Sendable (_ path: String, _ isFolder: Bool) throws -> Void

    package init(
        _ name: String, _ summary: String, type: ArtifactType? = nil,
        check: @escaping @Sendable (_ path: String, _ isFolder: Bool) throws -> Void
    ) {
        self.name = name
        self.type = type
        self.summary = summary
        self.check = check
    }
}

/// Says which forms there are.
package protocol OutputForms: Sendable {
    static var all: [OutputForm] { get }
}

extension OutputForms {
    static func named(_ name: String) -> OutputForm? { all.first { $0.name == name } }
}

/// Outputs are files and folders, whatever is in them.
package enum NoOutputForms: OutputForms {
    package static let all: [OutputForm] = []
}
