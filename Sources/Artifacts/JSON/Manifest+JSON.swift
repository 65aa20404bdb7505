extension Manifest {
    /// The newest version of the JSON form that this code reads. It writes 2 only for members that aren't plain files, which 1
    /// can't tell apart, so that all other artifacts keep their digests.
    package static let format = 2

    /// The JSON whose canonical text is the manifest's blob.
    package var json: JSONValue {
        .object([
            "format": .int(members.values.allSatisfy { $0.kind == .file } ? 1 : 2),
            "type": .string(type.rawValue),
            "members": .object(members.mapValues(\.json)),
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
                value.dictionary { Member(json: $0, format: format) }
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

extension Manifest.Member {
    /// `{"digest", "size"}`, for all but plain files with `"kind"`, for links with `"target"` as well.
    fileprivate var json: JSONValue {
        var fields: [String: JSONValue] = ["digest": .string(digest.hex), "size": .int(size)]
        switch kind {
        case .file: break
        case .executable: fields["kind"] = .string("executable")
        case .folder: fields["kind"] = .string("folder")
        case .link(let target):
            fields["kind"] = .string("link")
            fields["target"] = .string(target)
        }
        return .object(fields)
    }

    fileprivate init?(json: JSONValue, format: Int) {
        guard let fields = json.members, let digest = fields["digest"]?.digest, let size = fields["size"]?.integer
        else { return nil }
        let kind: Kind
        switch (fields["kind"]?.text, fields["target"]?.text) {
        case (nil, nil) where fields.count == 2: kind = .file
        case ("executable"?, nil) where fields.count == 3 && format > 1: kind = .executable
        case ("folder"?, nil) where fields.count == 3 && format > 1: kind = .folder
        case ("link"?, let target?) where fields.count == 4 && format > 1: kind = .link(target: target)
        default: return nil
        }
        self.init(digest: digest, size: size, kind: kind)
    }
}
