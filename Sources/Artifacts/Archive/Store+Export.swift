import Foundation

/// What an archive is made of: execution records, and the artifacts whose blobs go with them.
package struct ArchiveContents: Sendable {
    /// The artifacts that the archive is for.
    package var artifacts: [Digest] = []
    /// Executions whose outputs are all among `included`.
    package var executions: [Digest: ExecutionRecord] = [:]
    /// Executions of which the records alone go with the archive.
    package var history: [Digest: ExecutionRecord] = [:]
    /// Names of stages by key, as far as they are known.
    package var stages: [Digest: String] = [:]
    /// Keys by further names: of stages that are the same as another one.
    package var aliases: [String: Digest] = [:]
    /// Artifacts whose blobs go with the archive.
    package var included: Set<Digest> = []
    /// Artifacts that executions read, or history made, and that don't.
    package var leftOut: Set<Digest> = []
    /// Executions whose records are left out, since they hold values of environment variables in clear; with the variables' names.
    package var withheld: [Digest: [String]] = [:]
    /// The pinned run that this is.
    package var baseline: RunBaseline?

    package init() {}
}

extension Store {
    /// Writes artifacts with their lineage as one tar file: the same bytes for the same contents.
    ///
    /// Every blob is verified before it is written, and nothing is written that an import would refuse for its size. The file
    /// appears whole or not at all; one that is there is replaced.
    /// - Throws: `StoreError` with `.missing` or `.damaged` for a blob, `.hostile` for an archive beyond its limits, `.full`,
    ///   `.readOnly` or `.io`.
    package func export(_ contents: ArchiveContents, to url: URL) throws -> ArchiveIndex {
        var objects: Set<Digest> = []
        for artifact in contents.included {
            objects.insert(artifact)
            objects.formUnion(try manifest(artifact).members.values.map(\.digest))
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var sizes: [Digest: Int] = [:]
        for digest in objects.sorted() {
            _ = try settingAsideDamage(of: digest) { try check(digest, through: buffer) }
            sizes[digest] = try OpenFile(reading: objectPath(digest)).regularSize()
        }
        func names(_ records: [Digest: ExecutionRecord]) -> [Digest: String?] {
            // An older calm let pipelines name stages as an import won't have them: those go without their names.
            Dictionary(
                uniqueKeysWithValues: records.keys.map { key in
                    (key, contents.stages[key].flatMap { StageName.isValid($0) ? $0 : nil })
                })
        }
        var index = ArchiveIndex(
            artifacts: contents.artifacts, executions: names(contents.executions), history: names(contents.history),
            objects: sizes, leftOut: contents.leftOut,
            aliases: contents.aliases.filter { StageName.isValid($0.key) })
        index.baseline = contents.baseline
        let executions = contents.executions.merging(contents.history) { own, _ in own }
        index.withoutOutputs = Set(executions.filter(\.value.outputs.isEmpty).keys)
        let first = index.json.canonicalBytes
        try Self.refuse("index", of: first.count, beyond: ArchiveIndex.byteLimit)
        let records = executions.mapValues { $0.json.canonicalBytes }
        let bytesOfRecords = records.values.reduce(0) { $0 + $1.count }
        try Self.refuse("execution records", of: bytesOfRecords, beyond: ArchiveIndex.recordLimit)

        let tar = try TarWriter(to: url.path)
        try tar.add(ArchiveIndex.name, first)
        for (key, record) in records.sorted(by: { $0.key < $1.key }) {
            try tar.add(ArchiveIndex.executionName(key), record)
        }
        for (digest, size) in sizes.sorted(by: { $0.key < $1.key }) {
            let object = try OpenFile(reading: objectPath(digest))
            try tar.add(ArchiveIndex.objectName(digest), object, size: size, through: buffer)
        }
        try tar.finish()
        return index
    }

    private static func refuse(_ what: String, of bytes: Int, beyond limit: Int) throws(StoreError) {
        guard bytes > limit else { return }
        throw StoreError(
            .hostile,
            "can't export: the \(what) would have \(bytes) bytes, `calm import` takes at most \(limit); export fewer stages"
        )
    }
}
