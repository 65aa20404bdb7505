import Crypto

/// Decompresses and hashes an object piece by piece: the last read says whether the bytes are what the name says.
struct ObjectReader: ~Copyable {
    /// The most that LZ4 can expand: 255 bytes of content from each byte of input, and a few more.
    private static let greatestRatio = 256
    /// What is decompressed before it is hashed: a block of ours, so that it still lies in the core's own cache.
    private static let step = 256 << 10

    let digest: Digest
    let file: OpenFile
    /// The size that the frame's header announces, already seen to be possible for a file of this size.
    let announcedSize: Int?
    /// Bytes given so far.
    private(set) var count = 0
    /// More content than this is refused.
    private let limit: Int
    private var decompressor: FrameDecompressor
    private var hasher = SHA256()
    private let input: UnsafeMutableRawBufferPointer
    private var unread = 0..<0
    private var isFinished = false

    /// Opens the object's file and reads the frame's header.
    ///
    /// - Parameters:
    ///   - expected: the size that a manifest gives, if one does.
    ///   - limit: the most content to accept where neither the manifest nor the frame says how much there is.
    /// - Throws: `StoreError` with `.missing`, `.damaged` or `.io`.
    init(_ digest: Digest, in store: Store, expecting expected: Int?, limit: Int) throws(StoreError) {
        let path = store.objectPath(digest)
        let file = try Self.open(digest, path)
        let fileSize = try file.regularSize()
        let start = try file.read(FrameDecompressor.headerLimit, at: 0)
        var decompressor = try Self.newDecompressor()
        let header: (length: Int, contentSize: Int?)
        do {
            header = try decompressor.header(start)
        } catch {
            throw Self.damage(digest, path, "it doesn't begin like an LZ4 frame (\(error))")
        }
        try file.seek(to: header.length)
        if let announced = header.contentSize {
            guard announced / Self.greatestRatio <= fileSize else {
                throw Self.damage(
                    digest, path, "it announces \(announced) bytes, more than a file of \(fileSize) bytes can hold")
            }
            if let expected, announced != expected {
                throw Self.damage(digest, path, "it announces \(announced) bytes, expected \(expected)")
            }
        }
        self.digest = digest
        self.file = file
        self.decompressor = decompressor
        announcedSize = header.contentSize
        self.limit = expected ?? header.contentSize ?? limit
        input = .allocate(byteCount: 1 << 20, alignment: 64)
    }

    deinit { input.deallocate() }

    private static func open(_ digest: Digest, _ path: String) throws(StoreError) -> OpenFile {
        do {
            return try OpenFile(reading: path)
        } catch let error where error.code == .missing {
            throw StoreError(.missing, "blob \(digest) is missing: no file \(path); run its pipeline again to make it")
        }
    }

    private static func newDecompressor() throws(StoreError) -> FrameDecompressor {
        do {
            return try FrameDecompressor()
        } catch {
            throw StoreError(.full, "can't decompress: \(error)")
        }
    }

    /// Fills as much of `buffer` as there is content for; 0 means the end, and that all of it was right.
    ///
    /// - Throws: `StoreError` with `.damaged` (a broken, truncated or overlong frame, or another digest) or `.io`.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        var filled = 0
        while filled < buffer.count && !isFinished {
            if decompressor.isAtEnd {
                try finish()
                break
            }
            try refill()
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<min(filled + Self.step, buffer.count)])
            let step: (consumed: Int, produced: Int)
            do {
                step = try decompressor.decompress(UnsafeRawBufferPointer(rebasing: input[unread]), into: rest)
            } catch {
                throw damage("its LZ4 frame is broken after \(count) bytes (\(error))")
            }
            guard step.consumed > 0 || step.produced > 0 else {
                throw damage("its LZ4 frame ends after \(count) bytes, before its end mark: the file was truncated")
            }
            unread = (unread.lowerBound + step.consumed)..<unread.upperBound
            hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: rest[..<step.produced]))
            filled += step.produced
            count += step.produced
            guard count <= limit else { throw damage("it holds more than the \(limit) bytes expected") }
        }
        return filled
    }

    private mutating func refill() throws(StoreError) {
        guard unread.isEmpty else { return }
        unread = 0..<(try file.read(into: input))
    }

    /// After the end mark: nothing more in the file, and the digest that the name says.
    private mutating func finish() throws(StoreError) {
        try refill()
        guard unread.isEmpty else { throw damage("bytes follow the end of its LZ4 frame") }
        let found = Digest(hasher.finalize())
        guard found == digest else { throw damage("its content has the digest \(found)") }
        isFinished = true
    }

    private func damage(_ what: String) -> StoreError { Self.damage(digest, file.path, what) }

    private static func damage(_ digest: Digest, _ path: String, _ what: String) -> StoreError {
        StoreError(.damaged, "blob \(digest) is damaged: \(what) (\(path))")
    }
}
