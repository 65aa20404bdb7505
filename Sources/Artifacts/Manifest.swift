/// The type of an artifact; inputs of stages are checked against it at planning.
package struct ArtifactType: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let dataset = ArtifactType(rawValue: "dataset")
    package static let tokenizer = ArtifactType(rawValue: "tokenizer")
    package static let tokenCorpus = ArtifactType(rawValue: "token-corpus")
    package static let model = ArtifactType(rawValue: "model")
    /// A model from outside: a GGUF file, or the files of a Hugging Face folder.
    package static let pretrainedModel = ArtifactType(rawValue: "pretrained-model")
    package static let composition = ArtifactType(rawValue: "composition")
    package static let predictions = ArtifactType(rawValue: "predictions")
    package static let metrics = ArtifactType(rawValue: "metrics")
    package static let table = ArtifactType(rawValue: "table")
    package static let figure = ArtifactType(rawValue: "figure")
    package static let file = ArtifactType(rawValue: "file")
    package static let folder = ArtifactType(rawValue: "folder")
}

/// What an artifact consists of: the digest of the manifest's canonical JSON is the artifact's digest.
package struct Manifest: Hashable, Sendable, Codable {
    package struct Member: Hashable, Sendable, Codable {
        /// What stands at a member's name when the artifact is written to a folder.
        package enum Kind: Hashable, Sendable, Codable {
            case file
            /// A file that may be executed.
            case executable
            /// A symbolic link; the blob holds the target.
            case link(target: String)
            /// A folder with nothing in it; the blob is empty.
            case folder
        }

        package let digest: Digest
        /// Bytes, uncompressed.
        package let size: Int
        package let kind: Kind

        package init(digest: Digest, size: Int, kind: Kind = .file) {
            self.digest = digest
            self.size = size
            self.kind = kind
        }

        /// The same blob as a member of another kind.
        package func with(kind: Kind) -> Member { Member(digest: digest, size: size, kind: kind) }
    }

    package var type: ArtifactType
    /// Members by name, such as `weights.safetensors`.
    package var members: [String: Member]
    /// Small facts that readers want without opening a member, such as a count or a setting.
    package var metadata: [String: JSONValue]

    package init(type: ArtifactType, members: [String: Member] = [:], metadata: [String: JSONValue] = [:]) {
        self.type = type
        self.members = members
        self.metadata = metadata
    }
}
