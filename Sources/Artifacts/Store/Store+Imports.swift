import Glibc

/// `imports/DIGEST.json`: the index of an archive that was imported, without its blobs. It says what the stages are called,
/// which no record does.
extension Store {
    func importNames() throws(StoreError) -> [String] {
        try Folder.entries(path + "/imports").filter { name in
            name.hasSuffix(".json") && Digest(hex: String(name.dropLast(".json".count))) != nil
        }
    }

    /// - Throws: `StoreError`, also for an index that isn't what its name says.
    func importIndex(_ name: String) throws(StoreError) -> ArchiveIndex {
        let file = "\(path)/imports/\(name)"
        let bytes = try OpenFile(reading: file).contents(limit: ArchiveIndex.byteLimit)
        guard Digest(of: bytes).hex == name.dropLast(".json".count) else {
            throw StoreError(.damaged, "\(file) is damaged: it has another digest")
        }
        return try ArchiveIndex(bytes)
    }

    /// What was imported, as far as it can be read.
    package func imports() throws -> [ArchiveIndex] { try importNames().compactMap { try? importIndex($0) } }

    /// What was imported: of each index what reading it gives.
    package func imports(reading: (() throws -> ArchiveIndex) throws -> ArchiveIndex?) throws -> [ArchiveIndex] {
        try importNames().compactMap { name in try reading { try importIndex(name) } }
    }

    /// Keeps an archive's index. Importing the same again adds nothing.
    func keep(import index: ArchiveIndex) throws(StoreError) {
        var index = index
        (index.objects, index.leftOut, index.baseline) = ([:], [], nil)
        let bytes = index.json.canonicalBytes
        let file = "\(path)/imports/\(Digest(of: bytes)).json"
        if access(file, F_OK) != 0 { try write(bytes, to: file, mode: 0o644) }
    }
}
