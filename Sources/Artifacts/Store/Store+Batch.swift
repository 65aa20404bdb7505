import Glibc

extension Store {
    /// Writes many objects and small files that become durable together, at the cost of a few syncs instead of two each.
    ///
    /// ```
    /// try store.batch { store in
    ///     for file in files {
    ///         let member = try store.put(file: file)
    ///         try store.publish(ReportRecord(… member.digest …))
    ///     }
    /// }
    /// ```
    ///
    /// What `body` writes through the store that it is given appears when the batch ends, or earlier where much has gathered
    /// (every 256 files or 256 MiB); `body` can't rely on reading it. The promises are those of single writes: a name appears
    /// only after the bytes are on the disk, a record only after the objects written before it in the batch, and a process
    /// that is killed leaves nothing but temporary files. If `body` throws, what hasn't appeared never does.
    ///
    /// A batch within a batch is a part of the outer one. An execution record isn't delayed: publishing one puts all that
    /// waits at its place first. One thread at a time writes to a batch.
    package func batch<Value>(_ body: (Store) throws -> Value) throws -> Value {
        if batch != nil { return try body(self) }
        let batch = WriteBatch()
        var store = self
        store.batch = batch
        let value = try body(store)
        try batch.flush()
        return value
    }

    /// Puts a finished temporary file at its place: at once, or with the batch that this store writes to.
    func commit(
        _ file: consuming TemporaryFile, bytes: Int, to destination: String, mode: mode_t, isObject: Bool = false
    ) throws(StoreError) {
        guard let batch else { return try file.commit(to: destination, mode: mode, isSealed: isObject) }
        try batch.add(file, bytes: bytes, to: destination, mode: mode, isObject: isObject)
    }
}
