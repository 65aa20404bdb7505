import Foundation
import Glibc

extension Store {
    private static let recordLimit = 64 << 20

    /// The execution recorded for a stage key, or nil.
    ///
    /// A record that is damaged, of a newer format or says another key counts as absent (`verify` reports it).
    /// - Throws: `StoreError` with `.io` if the file is there and can't be read.
    package func execution(_ key: Digest) throws -> ExecutionRecord? { try ifUsable { try readExecution(key) } }

    /// What the execution recorded for a stage key came to, or nil, as `execution`.
    package func outcome(of key: Digest) throws -> ExecutionOutcome? {
        try ifUsable { try readRecord(key, at: executionPath(key), ExecutionRecord.outcome(file:), key: \.key) }
    }

    /// Nil for what is missing or no good.
    ///
    /// - Throws: `StoreError` for what can't be read just now, which may be as good as ever.
    package func ifUsable<Value>(_ read: () throws -> Value) throws -> Value? {
        do {
            return try read()
        } catch let error as StoreError where [.missing, .damaged, .newerFormat, .hostile].contains(error.code) {
            return nil
        }
    }

    /// The execution recorded for a stage key.
    ///
    /// - Throws: `StoreError` with what is wrong with the record: `.missing`, `.damaged`, `.newerFormat`, `.hostile` for one
    ///   that is too large, or `.io`.
    package func readExecution(_ key: Digest) throws -> ExecutionRecord {
        try readExecution(key, at: executionPath(key))
    }

    func readExecution(_ key: Digest, at path: String) throws -> ExecutionRecord {
        let record = try readRecord(key, at: path, ExecutionRecord.init(file:), key: \.key)
        guard Digest(of: record.keyDocument.canonicalBytes) == key else {
            throw StoreError(.damaged, "execution record \(path) is damaged: its key document has another digest")
        }
        return record
    }

    private func readRecord<Record>(
        _ key: Digest, at path: String, _ read: ([UInt8]) throws -> Record, key stated: (Record) -> Digest
    ) throws -> Record {
        let bytes = try OpenFile(reading: path).contents(limit: Self.recordLimit)
        let record: Record
        do {
            record = try read(bytes)
        } catch let error as StoreError {
            throw StoreError(error.code, "execution record \(path) is damaged: \(error.message)")
        } catch let failure as JSONParser.Failure {
            throw StoreError(.damaged, "execution record \(path) is damaged: \(failure)")
        }
        guard stated(record) == key else {
            throw StoreError(.damaged, "execution record \(path) is damaged: it is the record of \(stated(record))")
        }
        return record
    }

    /// Writes an execution record: from here on the stage key has these outputs.
    ///
    /// Call it last, when every output is stored. Atomic and durable. A record of the key with another result is kept first, as
    /// a superseded one: who is killed between the two leaves the older one in both places, and nothing is lost.
    package func publish(_ record: ExecutionRecord) throws {
        guard record.keyDocument.isFinite else {
            throw StoreError(.hostile, "the key document of \(record.key) holds a number that isn't finite")
        }
        guard [record.startedAt, record.seconds, record.cpuSeconds].allSatisfy(\.isFinite) else {
            throw StoreError(.hostile, "the record of \(record.key) holds a time that isn't finite")
        }
        if let batch {
            try batch.flush()
            var store = self
            store.batch = nil
            return try store.publish(record)
        }
        try supersede(by: record)
        try write(record.json.canonicalBytes, to: executionPath(record.key), mode: 0o644)
    }

    /// Whether there is a record of this key: one stat.
    package func hasExecution(_ key: Digest) -> Bool { access(executionPath(key), F_OK) == 0 }

    /// Removes an execution record; its objects become orphans. No error if there is none.
    package func remove(execution key: Digest) throws { try remove(executionPath(key)) }

    /// Removes an object. Only for collection: whoever calls it has seen that nothing needs it.
    package func remove(object digest: Digest) throws { try remove(objectPath(digest)) }

    func remove(_ file: String) throws(StoreError) {
        guard unlink(file) == 0 || errno == ENOENT else { throw StoreError(errno: errno, "remove", file) }
    }
}
