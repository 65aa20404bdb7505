import Foundation

/// What an import brought.
package struct ImportedArchive: Sendable {
    package let index: ArchiveIndex
    /// Records that the store has now and hadn't before.
    package var executions: [ExecutionRecord] = []
    /// Keys of which the store has a record with other outputs, which it keeps.
    package var disagreeing: [Digest] = []
    /// Records of what the archive has no outputs of, and the store neither.
    package var history: [ExecutionRecord] = []
    /// Records that hold values of environment variables in clear, which the store doesn't take; with the variables' names.
    package var withheld: [Digest: [String]] = [:]
    /// Blobs that the store hadn't, and the bytes that they take on disk.
    package var objects = 0
    package var bytes = 0
}

extension Store {
    /// Takes an archive's artifacts, blobs and records into the store.
    ///
    /// All of it is staged below `tmp/`, read back and checked against its digests; only if nothing is wrong, blobs are
    /// moved to their places and the records published after them. Cut short, it leaves what the next run sweeps, or blobs
    /// that belong to nothing. What is there already stays as it is. The caller holds `locks/gc` shared.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of content that the archive's blobs may have together.
    ///   - check: called with the index before anything is published; what it throws ends the import.
    /// - Throws: `StoreError` with `.missing`, `.damaged`, `.hostile` or `.newerFormat`, which names the archive; `.full`,
    ///   `.readOnly` or `.io`.
    package func importArchive(
        _ url: URL, limit: Int, check: (ArchiveIndex) throws -> Void = { _ in }
    ) throws -> ImportedArchive {
        let root = temporaryURL()
        defer { try? FileManager.default.removeItem(at: root) }
        do {
            var staged = try StagedArchive(url, Store(opening: root, create: true), beside: self, limit: limit)
            try staged.read()
            try staged.checkRecords()
            try staged.checkObjects()
            try check(staged.index)
            return try staged.publish()
        } catch let error as StoreError where [.damaged, .hostile, .newerFormat].contains(error.code) {
            throw StoreError(error.code, "\(url.path) can't be imported: \(error.message); nothing was")
        }
    }
}

/// The state of one import.
private struct StagedArchive {
    let file: String
    let staging: Store
    let store: Store
    private var limit: Int
    private(set) var index: ArchiveIndex
    private var records: [Digest: ExecutionRecord] = [:]
    /// Content sizes of the staged blobs.
    private var sizes: [Digest: Int] = [:]
    private var manifests: [Digest: Manifest] = [:]

    init(_ url: URL, _ staging: Store, beside store: Store, limit: Int) throws(StoreError) {
        file = url.path
        self.staging = staging
        self.store = store
        self.limit = limit
        index = ArchiveIndex(artifacts: [], executions: [:], history: [:], objects: [:], leftOut: [])
    }

    // MARK: Reading

    /// Stages each member; the index says which there may be, each of them once.
    mutating func read() throws {
        var tar = try TarReader(file)
        guard let first = try tar.next(), first.name == ArchiveIndex.name else {
            throw StoreError(.hostile, "it doesn't begin with \(ArchiveIndex.name), as calm's archives do")
        }
        guard first.size <= ArchiveIndex.byteLimit else {
            throw StoreError(.hostile, "its index has \(first.size) bytes, expected at most \(ArchiveIndex.byteLimit)")
        }
        index = try ArchiveIndex(tar.contents())
        var keys = Dictionary(
            uniqueKeysWithValues: (Array(index.executions.keys) + index.history.keys).map {
                (ArchiveIndex.executionName($0), $0)
            })
        var digests = Dictionary(
            uniqueKeysWithValues: index.objects.keys.map { (ArchiveIndex.objectName($0), $0) })
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var bytesOfRecords = 0
        while let header = try tar.next() {
            if let key = keys.removeValue(forKey: header.name) {
                bytesOfRecords += header.size
                guard bytesOfRecords <= ArchiveIndex.recordLimit else {
                    throw StoreError(
                        .hostile, "its execution records have more than \(ArchiveIndex.recordLimit) bytes")
                }
                records[key] = try record(key, tar.contents())
            } else if let digest = digests.removeValue(forKey: header.name) {
                guard header.size == index.objects[digest] else {
                    throw StoreError(.damaged, "\(header.name) has \(header.size) bytes, its index says otherwise")
                }
                try stage(digest, &tar, buffer)
            } else {
                throw StoreError(
                    .hostile, "its member \(header.name.debugDescription) isn't in its index, or there twice")
            }
        }
        if let missing = (Array(keys.keys) + digests.keys).min() {
            throw StoreError(.damaged, "it has no member \(missing), which its index names")
        }
    }

    private func record(_ key: Digest, _ bytes: [UInt8]) throws(StoreError) -> ExecutionRecord {
        let name = ArchiveIndex.executionName(key)
        let record: ExecutionRecord
        do {
            record = try ExecutionRecord(file: bytes)
        } catch {
            throw StoreError((error as? StoreError)?.code ?? .damaged, "\(name): \(error)")
        }
        guard record.key == key, Digest(of: record.keyDocument.canonicalBytes) == key else {
            throw StoreError(.hostile, "\(name): its key document has another digest, or it is another key's record")
        }
        return record
    }

    private mutating func stage(
        _ digest: Digest, _ tar: inout TarReader, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(StoreError) {
        let path = staging.objectPath(digest)
        // Without syncing it: what is staged is thrown away after a crash.
        mkdir(Folder.parent(of: path), 0o755)
        do {
            let object = try OpenFile(creating: path)
            while true {
                let got = try tar.read(into: buffer)
                if got == 0 { break }
                try object.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            }
            guard fchmod(object.descriptor, 0o444) == 0 else { throw StoreError(errno: errno, "write", path) }
            ObjectSeal.set(object.descriptor)
            try object.synchronize()
        }
        do throws(StoreError) {
            var reader = try ObjectReader(digest, in: staging, expecting: nil, limit: limit)
            guard (reader.announcedSize ?? 0) <= limit else {
                throw StoreError(.hostile, "its blobs have more content than \(limit) bytes are left for")
            }
            while try reader.read(into: buffer) > 0 {}
            sizes[digest] = reader.count
            limit -= reader.count
        } catch {
            // Where the blob was staged is of no interest.
            throw StoreError(error.code, error.message.replacingOccurrences(of: " (\(path))", with: ""))
        }
    }

    // MARK: Checking

    /// Every digest in the records and the index must lead to something, and everything must be led to.
    mutating func checkRecords() throws {
        let made = Set(records.values.flatMap(\.outputs.values))
        for (key, record) in records.sorted(by: { $0.key < $1.key }) {
            let name = "execution \(key.short) of \(record.kind)"
            for input in record.inputs where !made.contains(input.digest) && !index.leftOut.contains(input.digest) {
                guard index.objects[input.digest] != nil || store.isComplete(input.digest) else {
                    throw StoreError(
                        .hostile, "\(name) reads \(input.digest.short), of which neither it nor the store knows")
                }
            }
            guard index.history[key] != nil else { continue }
            for output in record.outputs.values where !index.leftOut.contains(output) {
                guard index.objects[output] != nil || store.isComplete(output) else {
                    throw StoreError(
                        .hostile, "\(name) gave \(output.short), of which neither it nor the store knows")
                }
            }
        }
        try checkConnection()
        try checkBaseline()
    }

    /// A pinned run's metrics are those of the records, where the archive has the results that the run had.
    private func checkBaseline() throws(StoreError) {
        for (name, stage) in (index.baseline?.stages ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let key = stage.key, let record = records[key] else { continue }
            guard stage.result != record.result || stage.hasMetrics(of: record) else {
                throw StoreError(.hostile, "its baseline has other metrics of \(name) than that stage's record")
            }
        }
    }

    /// Everything in the archive is what it is for, or came before it.
    private func checkConnection() throws(StoreError) {
        // Nothing can lead to one of these. Earlier formats don't list them.
        let withoutOutputs = records.values.filter(\.outputs.isEmpty)
        guard index.withoutOutputs.isEmpty || index.withoutOutputs == Set(withoutOutputs.map(\.key)) else {
            throw StoreError(.hostile, "its index lists other executions without outputs than it has")
        }
        var known = Set(index.artifacts + withoutOutputs.flatMap { $0.inputs.map(\.digest) })
        var waiting = Array(known)
        var producers: [Digest: [ExecutionRecord]] = [:]
        for record in records.values {
            for output in Set(record.outputs.values) { producers[output, default: []].append(record) }
        }
        var connected = Set(withoutOutputs.map(\.key))
        while let artifact = waiting.popLast() {
            for record in producers[artifact] ?? [] where connected.insert(record.key).inserted {
                for next in Array(record.outputs.values) + record.inputs.map(\.digest)
                where known.insert(next).inserted { waiting.append(next) }
            }
        }
        if let foreign = records.keys.filter({ !connected.contains($0) }).min() {
            throw StoreError(.hostile, "execution \(foreign.short) has nothing to do with what it is for")
        }
        if let foreign = index.leftOut.subtracting(known).min() {
            throw StoreError(.hostile, "\(foreign.short), which it leaves out, has nothing to do with what it is for")
        }
    }

    /// The outputs of executions, and what they read if it is there, are whole; nothing else is there.
    mutating func checkObjects() throws {
        var needed: Set<Digest> = []
        var artifacts = Set(index.artifacts)
        for (key, record) in records {
            if index.executions[key] != nil { artifacts.formUnion(record.outputs.values) }
            artifacts.formUnion(record.outputs.values.filter { index.objects[$0] != nil })
            artifacts.formUnion(record.inputs.map(\.digest).filter { index.objects[$0] != nil })
        }
        for artifact in artifacts.sorted() {
            let manifest = try manifest(artifact)
            manifests[artifact] = manifest
            needed.insert(artifact)
            for (name, member) in manifest.members.sorted(by: { $0.key < $1.key }) {
                needed.insert(member.digest)
                guard let size = sizes[member.digest] else {
                    guard store.contains(member.digest) else {
                        throw StoreError(
                            .damaged, "member \(name.debugDescription) of artifact \(artifact.short) is missing")
                    }
                    continue
                }
                guard size == member.size else {
                    throw StoreError(
                        .hostile,
                        "member \(name.debugDescription) of artifact \(artifact.short) has \(size) bytes, its manifest says \(member.size)"
                    )
                }
            }
        }
        if let foreign = index.objects.keys.filter({ !needed.contains($0) }).min() {
            throw StoreError(.hostile, "nothing in it needs its blob \(foreign.short)")
        }
    }

    private func manifest(_ artifact: Digest) throws -> Manifest {
        if index.objects[artifact] != nil { return try staging.manifest(artifact) }
        do {
            return try store.manifest(artifact)
        } catch let error as StoreError where error.code == .missing {
            throw StoreError(.damaged, "the manifest of artifact \(artifact.short) is missing")
        }
    }

    // MARK: Publishing

    mutating func publish() throws -> ImportedArchive {
        var result = ImportedArchive(index: index)
        var folders: Set<String> = []
        // A damaged one in its place is replaced.
        for (digest, bytes) in index.objects where !(store.contains(digest) && store.isSound(digest)) {
            let path = store.objectPath(digest)
            let folder = Folder.parent(of: path)
            if !folders.contains(folder) { try Folder.create(folder) }
            folders.insert(folder)
            guard rename(staging.objectPath(digest), path) == 0 else { throw StoreError(errno: errno, "create", path) }
            result.objects += 1
            result.bytes += bytes
        }
        for folder in folders { try Folder.synchronize(folder) }
        for (key, record) in records where !record.clearVariables.isEmpty {
            result.withheld[key] = record.clearVariables
            records[key] = nil
        }
        for key in index.executions.keys.sorted() {
            guard let record = records[key] else { continue }
            if let own = try store.execution(key), own.outputs.values.allSatisfy(store.isComplete) {
                if own.outputs != record.outputs { result.disagreeing.append(key) }
                continue
            }
            try store.publish(record)
            result.executions.append(record)
        }
        result.history = index.history.keys.sorted().filter { !store.hasExecution($0) }.compactMap { records[$0] }
        // What nothing but the catalogue would know.
        for record in result.history where !store.hasCollected(record.key) {
            try store.keep(collected: record, at: Date().timeIntervalSince1970)
        }
        try store.keep(import: index)
        return result
    }
}
