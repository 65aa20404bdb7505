import Glibc
import Synchronization

/// Runs calls that wait for the disk side by side, each on a thread.
///
/// A file system makes all files durable that wait at the same moment with one commit of its journal: 64 calls of fsync(2) at
/// once take little longer than one. They wait, so there are more threads than cores.
package enum ConcurrentCalls {
    /// Maximum number of threads, the caller's included.
    package static let maximumThreads = 64

    /// Calls `body(0)` … `body(count - 1)`, each once unless one before failed, and returns when all have ended.
    ///
    /// - Throws: the first failure. Where no more threads can be had, fewer do.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) throws(StoreError) -> Void)
        throws(StoreError)
    {
        let work = CallQueue(count: count, body: body)
        var threads: [pthread_t] = []
        while threads.count < min(count, maximumThreads) - 1, let thread = work.start() { threads.append(thread) }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        if let failure = work.failure { throw failure }
    }
}

private final class CallQueue: Sendable {
    private let count: Int
    private let body: @Sendable (Int) throws(StoreError) -> Void
    private let next = Atomic<Int>(0)
    private let firstFailure = Mutex<StoreError?>(nil)

    init(count: Int, body: @escaping @Sendable (Int) throws(StoreError) -> Void) {
        self.count = count
        self.body = body
    }

    var failure: StoreError? { firstFailure.withLock(\.self) }

    /// Makes calls until none is left or one has failed.
    func run() {
        while failure == nil {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            do throws(StoreError) {
                try body(index)
            } catch {
                firstFailure.withLock { $0 = $0 ?? error }
            }
        }
    }

    /// A thread that makes calls as well; nil if there can't be another.
    func start() -> pthread_t? {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, 256 << 10)
        let queue = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { queue in
                guard let queue else { return nil }
                Unmanaged<CallQueue>.fromOpaque(queue).takeRetainedValue().run()
                return nil
            }, queue.toOpaque())
        guard code == 0 else {
            queue.release()
            return nil
        }
        return thread
    }
}
