import Crypto
import Dispatch
import Synchronization

/// One of the buffers through which a large file goes: what is read into it is hashed and compressed on other threads.
///
/// Whoever has given it a piece waits for `blocks()` before giving it the next.
final class FilePiece: Sendable {
    private nonisolated(unsafe) let input: UnsafeMutableRawBufferPointer
    // Used by one thread at a time: the group's.
    private nonisolated(unsafe) var compressor: FrameCompressor
    private nonisolated(unsafe) var result: Result<UnsafeRawBufferPointer, FrameError> = .success(
        .init(start: nil, count: 0))
    private let work = DispatchGroup()

    init() throws(FrameError) {
        compressor = try FrameCompressor()
        input = .allocate(byteCount: FrameCompressor.chunk, alignment: 64)
    }

    deinit { input.deallocate() }

    /// Nobody works on it any more afterwards. To be called before the last reference goes: work that held the last one
    /// would wait for itself.
    func finish() { work.wait() }

    /// Reads a piece of the file; fewer bytes than `FrameCompressor.chunk` mean its end.
    func fill(from file: borrowing OpenFile, hasher: OrderedHasher) throws(StoreError) -> Int {
        let count = try file.read(into: input)
        nonisolated(unsafe) let piece = UnsafeRawBufferPointer(rebasing: input[..<count])
        hasher.update(piece, work)
        DispatchQueue.global(qos: .userInitiated).async(group: work) { [self] in
            result = Result { () throws(FrameError) in try compressor.compress(piece) }
        }
        return count
    }

    /// The piece compressed; valid until the next is read.
    func blocks() throws(FrameError) -> UnsafeRawBufferPointer {
        work.wait()
        return try result.get()
    }
}

/// The SHA-256 of pieces in the order in which they are given, computed on a thread of its own.
final class OrderedHasher: Sendable {
    private let queue = DispatchQueue(label: "hash", qos: .userInitiated)
    private let hasher = Mutex(SHA256())

    /// The piece must stay as it is until `group` is done.
    func update(_ piece: UnsafeRawBufferPointer, _ group: DispatchGroup) {
        nonisolated(unsafe) let piece = piece
        queue.async(group: group) { [self] in hasher.withLock { $0.update(bufferPointer: piece) } }
    }

    /// Of all pieces.
    func digest() -> Digest {
        queue.sync {}
        return Digest(hasher.withLock { $0.finalize() })
    }
}
