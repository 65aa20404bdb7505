import Crypto
import Foundation

extension Store {
    /// Stores bytes as a blob; nothing is written if it is there already.
    ///
    /// - Throws: `StoreError` with `.full`, `.readOnly` or `.io`; no temporary file is left behind.
    package func put(_ bytes: some ContiguousBytes) throws -> Manifest.Member {
        try bytes.withUnsafeBytes { buffer in
            var hasher = SHA256()
            hasher.update(bufferPointer: buffer)
            let member = Manifest.Member(digest: Digest(hasher.finalize()), size: buffer.count)
            if isStored(member) { return member }
            let writer = try ObjectWriter(newTemporaryFile(), contentSize: buffer.count)
            var compressor = try compressing { () throws(FrameError) in try FrameCompressor() }
            var offset = 0
            while offset < buffer.count {
                let end = min(offset + FrameCompressor.chunk, buffer.count)
                let chunk = UnsafeRawBufferPointer(rebasing: buffer[offset..<end])
                try writer.append(compressing { () throws(FrameError) in try compressor.compress(chunk) })
                offset = end
            }
            try writer.commit(member, to: self)
            return member
        }
    }

    /// Stores a file's content as a blob in one pass with bounded memory: hashed and compressed side by side.
    ///
    /// - Throws: `StoreError`: `.missing` if there is no such file, `.io` if it changed while it was read, and as above.
    package func put(file url: URL) throws -> Manifest.Member {
        let source = try OpenFile(reading: url.path)
        let size = try source.regularSize()
        if size < FrameCompressor.chunk {
            let bytes = try source.read(size + 1, at: 0)
            guard bytes.count == size else { throw changed(url, size) }
            return try put(bytes)
        }
        let writer = try ObjectWriter(newTemporaryFile(), contentSize: size)
        let hasher = OrderedHasher()
        // Two being compressed, one hashed, one read and one written.
        let pieces = try (0..<min(5, size / FrameCompressor.chunk + 1)).map { _ in
            try compressing { () throws(FrameError) in try FilePiece() }
        }
        defer { for piece in pieces { piece.finish() } }
        var (count, read, written) = (0, 0, 0)
        var isAtEnd = false
        while !isAtEnd || written < read {
            if isAtEnd || read - written == pieces.count {
                let piece = pieces[written % pieces.count]
                try writer.append(compressing { () throws(FrameError) in try piece.blocks() })
                written += 1
                continue
            }
            let got = try pieces[read % pieces.count].fill(from: source, hasher: hasher)
            count += got
            read += 1
            isAtEnd = got < FrameCompressor.chunk || count > size
        }
        guard count == size else { throw changed(url, size) }
        let member = Manifest.Member(digest: hasher.digest(), size: size)
        if isStored(member) { return member }
        try writer.commit(member, to: self)
        return member
    }

    private func changed(_ url: URL, _ size: Int) -> StoreError {
        StoreError(
            .io, "\(url.path) changed while it was read (it had \(size) bytes): run again when nothing writes it")
    }

    /// Whether the object is there and holds what its name says: it is read, so that a damaged one is written anew. One that
    /// waits in the batch counts.
    private func isStored(_ member: Manifest.Member) -> Bool {
        if let batch, batch.isWaiting(for: objectPath(member.digest)) { return true }
        guard contains(member.digest), let outline = try? ObjectOutline(objectPath(member.digest)),
            outline.endsWell, (outline.contentSize ?? 0) == member.size
        else { return false }
        return isSound(member.digest)
    }
}

/// Writes a frame to a temporary file.
private struct ObjectWriter: ~Copyable {
    private let file: TemporaryFile

    init(_ file: consuming TemporaryFile, contentSize: Int) throws {
        self.file = file
        try append(compressing { () throws(FrameError) in try FrameCompressor.header(contentSize: contentSize) })
    }

    func append(_ bytes: [UInt8]) throws(StoreError) {
        // The closure of `withUnsafeBytes` can't borrow a noncopyable value.
        let (descriptor, path) = (file.file.descriptor, file.file.path)
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(StoreError) in try OpenFile.write(buffer, to: descriptor, path) }
        }.get()
    }

    func append(_ blocks: UnsafeRawBufferPointer) throws(StoreError) { try file.write(blocks) }

    consuming func commit(_ member: Manifest.Member, to store: Store) throws(StoreError) {
        try append(FrameCompressor.end)
        try store.commit(file, bytes: member.size, to: store.objectPath(member.digest), mode: 0o444, isObject: true)
    }
}

private func compressing<Value: ~Copyable>(_ body: () throws(FrameError) -> Value) throws(StoreError) -> Value {
    do {
        return try body()
    } catch {
        throw StoreError(.full, "can't compress: \(error)")
    }
}
