import Crypto
import Dispatch
import Synchronization

/// The buffers through which a large file goes, and the hash of it, which is computed on another thread: compressing and
/// writing a piece takes about as long as hashing it.
final class FilePieces: Sendable {
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer
    private let capacity: Int
    private let free: DispatchSemaphore
    private let given = Atomic<Int>(0)
    private let count: Int
    private let queue = DispatchQueue(label: "hash")
    private let hasher = Mutex(SHA256())

    /// - Parameter count: with one buffer the hash is computed where the caller is, which is best for a small file.
    init(count: Int, capacity: Int) {
        precondition(count > 0, "a file goes through one buffer at least")
        self.count = count
        self.capacity = capacity
        memory = .allocate(byteCount: count * capacity, alignment: 64)
        free = DispatchSemaphore(value: count)
    }

    deinit {
        // A semaphore may not be gone with less than it began with: a file that broke off holds a buffer.
        for _ in 0..<count { free.signal() }
        memory.deallocate()
    }

    /// The next buffer, once its last piece has been hashed.
    func next() -> UnsafeMutableRawBufferPointer {
        free.wait()
        let number = given.add(1, ordering: .relaxed).oldValue % count
        return UnsafeMutableRawBufferPointer(rebasing: memory[number * capacity..<(number + 1) * capacity])
    }

    /// Hashes the piece in the buffer that was taken last; until then it is only read.
    func hash(_ piece: UnsafeRawBufferPointer) {
        nonisolated(unsafe) let piece = piece
        if count == 1 {
            hasher.withLock { $0.update(bufferPointer: piece) }
            free.signal()
            return
        }
        queue.async { [self] in
            hasher.withLock { $0.update(bufferPointer: piece) }
            free.signal()
        }
    }

    /// Of all pieces.
    func digest() -> Digest {
        queue.sync {}
        return Digest(hasher.withLock { $0.finalize() })
    }
}
