extension Manifest {
    /// The version of the JSON form that this code writes, and the newest that it reads.
    package static let format = 1

    /// The JSON whose canonical text is the manifest's blob.
    package var json: JSONValue {
        .object([
            "format": .int(Self.format),
            "type": .string(type.rawValue),
            "members": .object(
                members.mapValues { .object(["digest": .string($0.digest.hex), "size": .int($0.size)]) }),
            "metadata": .object(metadata),
        ])
    }

    /// The artifact's digest: that of the manifest's blob.
    package var digest: Digest { Digest(of: json.canonicalBytes) }

    /// Reads and checks a manifest's JSON.
    ///
    /// - Throws: `StoreError` with `.newerFormat` or `.hostile`; the message doesn't name the manifest.
    package init(json: JSONValue) throws {
        do {
            var fields = try JSONFields(json, of: "it")
            let format = try fields.take("format", "number", \.integer)
            guard format <= Self.format else {
                throw StoreError(.newerFormat, "it has format \(format), this calm reads up to \(Self.format)")
            }
            let type = try fields.take("type", "text", \.text)
            let members = try fields.take("members", "object of digests and sizes") { value in
                value.dictionary { member -> Member? in
                    guard let parts = member.members, parts.count == 2, let digest = parts["digest"]?.digest,
                        let size = parts["size"]?.integer
                    else { return nil }
                    return Member(digest: digest, size: size)
                }
            }
            let metadata = try fields.take("metadata", "object", \.members)
            try fields.finish()
            self.init(type: ArtifactType(rawValue: type), members: members, metadata: metadata)
        } catch let failure as JSONFields.Failure {
            throw StoreError(.hostile, failure.description)
        }
        try validate()
    }
}
