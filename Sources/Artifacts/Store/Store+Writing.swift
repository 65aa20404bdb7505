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
            if looksWhole(member) { return member }
            var writer = try ObjectWriter(newTemporaryFile(), contentSize: buffer.count)
            var offset = 0
            while offset < buffer.count {
                let end = min(offset + FrameCompressor.chunk, buffer.count)
                try writer.append(UnsafeRawBufferPointer(rebasing: buffer[offset..<end]))
                offset = end
            }
            try writer.commit(to: objectPath(member.digest))
            return member
        }
    }

    /// Stores a file's content as a blob, hashing and compressing it in one pass with bounded memory, side by side.
    ///
    /// - Throws: `StoreError`: `.missing` if there is no such file, `.io` if it changed while it was read, and as above.
    package func put(file url: URL) throws -> Manifest.Member {
        let source = try OpenFile(reading: url.path)
        let size = try source.regularSize()
        let pieces = FilePieces(count: size > FrameCompressor.chunk ? 3 : 1, capacity: FrameCompressor.chunk)
        var writer = try ObjectWriter(newTemporaryFile(), contentSize: size)
        var count = 0
        while true {
            let buffer = pieces.next()
            let got = try source.read(into: buffer)
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<got])
            pieces.hash(chunk)
            count += got
            guard count <= size else { break }
            try writer.append(chunk)
            if got < buffer.count { break }
        }
        guard count == size else {
            throw StoreError(
                .io, "\(url.path) changed while it was read (it had \(size) bytes): run again when nothing writes it")
        }
        let member = Manifest.Member(digest: pieces.digest(), size: size)
        if looksWhole(member) { return member }
        try writer.commit(to: objectPath(member.digest))
        return member
    }

    /// Whether the object is there with the size that its content should have and the end that a frame has.
    ///
    /// Not a proof (that is reading it), but enough to write a truncated object anew rather than trust it.
    private func looksWhole(_ member: Manifest.Member) -> Bool {
        guard contains(member.digest), let outline = try? ObjectOutline(objectPath(member.digest)) else { return false }
        return outline.endsWell && (outline.contentSize ?? 0) == member.size
    }
}

/// Compresses chunks into a temporary file.
private struct ObjectWriter: ~Copyable {
    private let file: TemporaryFile
    private var compressor: FrameCompressor

    init(_ file: consuming TemporaryFile, contentSize: Int) throws(StoreError) {
        var compressor = try Self.newCompressor(contentSize)
        try file.write(Self.frame { () throws(FrameError) in try compressor.begin() })
        self.file = file
        self.compressor = compressor
    }

    mutating func append(_ chunk: UnsafeRawBufferPointer) throws(StoreError) {
        try file.write(Self.frame { () throws(FrameError) in try compressor.compress(chunk) })
    }

    consuming func commit(to path: String) throws(StoreError) {
        try file.write(Self.frame { () throws(FrameError) in try compressor.end() })
        try file.commit(to: path, mode: 0o444)
    }

    private static func newCompressor(_ contentSize: Int) throws(StoreError) -> FrameCompressor {
        do {
            return try FrameCompressor(contentSize: contentSize)
        } catch {
            throw StoreError(.full, "can't compress: \(error)")
        }
    }

    private static func frame(
        _ body: () throws(FrameError) -> UnsafeRawBufferPointer
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        do {
            return try body()
        } catch {
            throw StoreError(.io, "can't compress: \(error)")
        }
    }
}
