import Foundation
import Synchronization

/// A few threads that run numbered pieces of work and are joined, within microseconds when they are awake.
///
/// Pieces are claimed from a ticket by the caller and the workers alike, so the caller never waits for a worker that
/// hasn't started. Which thread runs a piece is left to chance; results must depend on the piece alone. An idle worker
/// spins briefly (the next step usually follows at once), then sleeps.
package final class WorkerPool: @unchecked Sendable {
    package let threads: Int
    private let shared = Shared()
    private var random: RandomGenerator?

    /// A pool that works on `threads` threads, the caller's included. With a seed it hands out the pieces of each job in a
    /// random order, so that a test can see that results don't depend on it.
    package init(threads: Int, shuffledBy seed: UInt64? = nil) {
        precondition(threads >= 1, "a pool needs a thread, asked for \(threads)")
        self.threads = threads
        random = seed.map { RandomGenerator(seed: $0) }
        for index in 1..<threads {
            let thread = Thread { [shared] in shared.work() }
            thread.name = "worker-\(index)"
            thread.stackSize = 1 << 23
            thread.start()
        }
    }

    deinit { shared.stop() }

    /// Runs `body(0)` … `body(count - 1)`, each once, and returns when all have ended. Not reentrant.
    ///
    /// `body` is escaping only in form: a worker may drop its reference a moment after the join.
    package func run(_ count: Int, _ body: @escaping (Int) -> Void) {
        let order = random?.permutation(of: count)
        if threads == 1 || count <= 1 {
            for place in 0..<count { body(order.map { Int($0[place]) } ?? place) }
            return
        }
        shared.publish(Job(count: count, order: order, body: body))
        shared.claimPieces()
        shared.join()
    }
}

private struct Job {
    let count: Int
    /// In which order the pieces are claimed; nil for their own.
    let order: [Int32]?
    let body: (Int) -> Void
}

/// Everything behind one lock; only the generation is read without it, by spinning workers.
private final class Shared: @unchecked Sendable {
    private let condition = NSCondition()
    private let generation = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private var job: Job?
    private var ticket = 0
    private var isStopped = false

    func publish(_ next: Job) {
        condition.lock()
        job = next
        ticket = 0
        unfinished.store(next.count, ordering: .relaxed)
        generation.wrappingAdd(1, ordering: .releasing)
        condition.broadcast()
        condition.unlock()
    }

    func claimPieces() {
        while true {
            condition.lock()
            guard let current = job, ticket < current.count else {
                condition.unlock()
                return
            }
            let piece = current.order.map { Int($0[ticket]) } ?? ticket
            ticket += 1
            condition.unlock()
            current.body(piece)
            if unfinished.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                condition.lock()
                condition.broadcast()
                condition.unlock()
            }
        }
    }

    func join() {
        var spins = 0
        while unfinished.load(ordering: .acquiring) > 0 && spins < Self.spins { spins += 1 }
        condition.lock()
        while unfinished.load(ordering: .acquiring) > 0 { condition.wait() }
        job = nil
        condition.unlock()
    }

    func work() {
        var seen = 0
        while true {
            var spins = 0
            while generation.load(ordering: .acquiring) == seen && spins < Self.spins { spins += 1 }
            condition.lock()
            while generation.load(ordering: .acquiring) == seen && !isStopped { condition.wait() }
            seen = generation.load(ordering: .acquiring)
            let stop = isStopped
            condition.unlock()
            if stop { return }
            claimPieces()
        }
    }

    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    /// About 20 µs: longer than the serial part of a small step, shorter than a time slice.
    private static let spins = 20_000
}
