/// The first member of an archive, `calm-archive.json`: all that the others may be.
///
/// ```
/// calm-archive.json          this index
/// executions/ab/cdef….json   execution records: of what is in the archive, and of what came before it (the history)
/// objects/ab/cdef…           blobs, as the store keeps them: LZ4 frames named by the SHA-256 of their content
/// ```
package struct ArchiveIndex: Hashable, Sendable {
    /// The newest that this code reads. The first, which is written where it will do, had no aliases, the second no baseline, the
    /// third no list of executions without outputs.
    static let format = 4
    static let name = "calm-archive.json"
    static let byteLimit = 64 << 20
    /// Of all execution records together, which an import keeps in memory.
    static let recordLimit = 256 << 20

    /// The artifacts that the archive is for.
    package var artifacts: [Digest]
    /// Executions whose outputs the archive has, by key, with the stage's name, if that is known.
    package var executions: [Digest: String?]
    /// Executions that are known by their records alone.
    package var history: [Digest: String?]
    /// Blobs, with the size of their files.
    package var objects: [Digest: Int]
    /// Artifacts that executions read, or history made, and that were left out.
    package var leftOut: Set<Digest>
    /// Keys by further names of stages: of those that are the same as another one.
    package var aliases: [String: Digest] = [:]
    /// The pinned run that the archive is for, if it is for one.
    package var baseline: RunBaseline?
    /// Executions that made no output, such as checks: the archive is for these as it is for the artifacts.
    package var withoutOutputs: Set<Digest> = []

    /// Its first artifact, else its first execution without outputs, by which it can be called.
    package var firstSubject: Digest? { artifacts.first ?? withoutOutputs.min() }

    static func executionName(_ key: Digest) -> String {
        "executions/\(key.hex.prefix(2))/\(key.hex.dropFirst(2)).json"
    }

    static func objectName(_ digest: Digest) -> String { "objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))" }

    /// With a checksum of its own: stages' names aren't covered by any digest.
    var json: JSONValue {
        var members = content
        members["checksum"] = .string(Self.checksum(members))
        return .object(members)
    }

    private static func checksum(_ content: [String: JSONValue]) -> String {
        Digest(of: JSONValue.object(content).canonicalBytes).hex
    }

    private var content: [String: JSONValue] {
        func keys(_ stages: [Digest: String?]) -> JSONValue {
            .object(
                Dictionary(
                    uniqueKeysWithValues: stages.map { ($0.key.hex, $0.value.map(JSONValue.string) ?? .null) }))
        }
        let format = !withoutOutputs.isEmpty ? 4 : baseline != nil ? 3 : aliases.isEmpty ? 1 : 2
        var members: [String: JSONValue] = [
            "calm": .string("archive"), "format": .int(format),
            "artifacts": .array(artifacts.map { .string($0.hex) }), "executions": keys(executions),
            "history": keys(history),
            "objects": .object(Dictionary(uniqueKeysWithValues: objects.map { ($0.key.hex, .int($0.value)) })),
            "leftOut": .array(leftOut.sorted().map { .string($0.hex) }),
        ]
        if format > 1 { members["aliases"] = .object(aliases.mapValues { .string($0.hex) }) }
        members["baseline"] = baseline?.json
        if format > 3 { members["withoutOutputs"] = .array(withoutOutputs.sorted().map { .string($0.hex) }) }
        return members
    }
}

extension ArchiveIndex {
    /// - Throws: `StoreError` with `.newerFormat` or `.hostile`; the message doesn't name the file.
    init(_ bytes: [UInt8]) throws(StoreError) {
        let json: JSONValue
        do {
            json = try JSONParser.parse(bytes)
        } catch {
            throw StoreError(.hostile, "its \(Self.name) can't be read: \(error)")
        }
        guard let members = json.members, members["calm"]?.text == "archive", let format = members["format"]?.integer
        else { throw StoreError(.hostile, "its \(Self.name) is not an index of an archive") }
        guard format <= Self.format else {
            throw StoreError(
                .newerFormat,
                "it has format \(format), this calm reads up to \(Self.format): use a newer calm, or export it with an older one"
            )
        }
        let checksum: Digest
        do {
            var fields = try JSONFields(json, of: "its \(Self.name)")
            let stated = try fields.take("checksum", "digest", \.digest)
            _ = try fields.take("calm", "text", \.text)
            _ = try fields.take("format", "number", \.integer)
            artifacts = try fields.take("artifacts", "list of digests", \.digestList)
            executions = try fields.take("executions", "object of stages", \.stagesByKey)
            history = try fields.take("history", "object of stages", \.stagesByKey)
            objects = try fields.take("objects", "object of sizes") { value in
                value.byDigest { size in size.integer.flatMap { $0 > 0 ? $0 : nil } }
            }
            leftOut = Set(try fields.take("leftOut", "list of digests", \.digestList))
            if format > 1 { aliases = try fields.take("aliases", "object of keys", \.keysByStage) }
            if format == 3 || format > 3 && members["baseline"] != nil {
                baseline = try fields.take("baseline", "baseline") { value in try? RunBaseline(json: value) }
            }
            if format > 3 {
                withoutOutputs = Set(try fields.take("withoutOutputs", "list of digests", \.digestList))
            }
            try fields.finish()
            checksum = stated
        } catch {
            throw StoreError(.hostile, error.description)
        }
        guard checksum.hex == Self.checksum(content), self.json.canonicalBytes == bytes else {
            throw StoreError(.damaged, "its \(Self.name) isn't what its checksum says")
        }
        guard firstSubject != nil, Set(artifacts).count == artifacts.count else {
            throw StoreError(.hostile, "its \(Self.name) names no artifact, or one twice")
        }
        guard withoutOutputs.allSatisfy({ executions[$0] != nil || history[$0] != nil }) else {
            throw StoreError(.hostile, "its \(Self.name) is for an execution that isn't there")
        }
        guard Set(executions.keys).isDisjoint(with: history.keys) else {
            throw StoreError(.hostile, "its \(Self.name) names an execution twice")
        }
        guard aliases.values.allSatisfy({ executions[$0] != nil || history[$0] != nil }) else {
            throw StoreError(.hostile, "its \(Self.name) has a name for an execution that isn't there")
        }
    }
}

extension JSONValue {
    fileprivate var digestList: [Digest]? {
        guard case .array(let values) = self else { return nil }
        let digests = values.compactMap(\.digest)
        return digests.count == values.count ? digests : nil
    }

    fileprivate var stagesByKey: [Digest: String?]? {
        byDigest { value -> String?? in
            if case .null = value { return .some(nil) }
            guard let name = value.text, StageName.isValid(name) else { return nil }
            return .some(name)
        }
    }

    fileprivate var keysByStage: [String: Digest]? {
        guard let members, members.keys.allSatisfy(StageName.isValid) else { return nil }
        return dictionary(\.digest)
    }

    fileprivate func byDigest<Value>(_ convert: (JSONValue) -> Value?) -> [Digest: Value]? {
        guard let members else { return nil }
        var result: [Digest: Value] = [:]
        for (name, member) in members {
            guard let digest = Digest(hex: name), let value = convert(member) else { return nil }
            result[digest] = value
        }
        return result
    }
}
