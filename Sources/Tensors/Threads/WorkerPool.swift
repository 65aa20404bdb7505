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
        shared.publish(Job(order: order, body: body), count: count)
        shared.claimPieces()
        shared.join()
    }
}

private struct Job {
    /// In which order the pieces are claimed; nil for their own.
    let order: [Int32]?
    let body: (Int) -> Void
}

/// Which piece of which job is claimed next, in one word, so that claiming is one exchange: whoever succeeds has a piece of the
/// current job, however long ago it read the word.
private struct Ticket {
    var word: UInt64

    init(word: UInt64) { self.word = word }

    init(job: UInt64, count: Int) { word = job << 48 | UInt64(count) << 24 }

    var job: UInt64 { word >> 48 }
    /// Pieces of the job.
    var count: Int { Int(word >> 24 & Self.most) }
    var piece: Int { Int(word & Self.most) }
    var following: Ticket { Ticket(word: word + 1) }

    static let most: UInt64 = 1 << 24 - 1
}

/// The job at hand. Nothing is locked but to sleep and to wake a sleeper.
private final class Shared: @unchecked Sendable {
    private let ticket = Atomic<UInt64>(0)
    private let unfinished = Atomic<Int>(0)
    /// Written while no piece is unfinished, read by those who have claimed one.
    private let job = UnsafeMutablePointer<Job?>.allocate(capacity: 1)

    private let condition = NSCondition()
    /// Threads that sleep or are about to. They look at what they wait for once more after they have counted themselves; who
    /// changes it looks at the count afterwards; so one sees the other.
    private let sleepers = Atomic<Int>(0)
    private let isStopped = Atomic<Bool>(false)

    init() { job.initialize(to: nil) }

    deinit {
        job.deinitialize(count: 1)
        job.deallocate()
    }

    func publish(_ next: Job, count: Int) {
        precondition(count <= Ticket.most, "a job of \(count) pieces")
        job.pointee = next
        unfinished.store(count, ordering: .relaxed)
        let last = Ticket(word: ticket.load(ordering: .relaxed))
        ticket.store(Ticket(job: last.job + 1, count: count).word, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    func claimPieces() {
        while true {
            let next = Ticket(word: ticket.load(ordering: .acquiring))
            guard next.piece < next.count else { return }
            guard
                ticket.weakCompareExchange(
                    expected: next.word, desired: next.following.word, successOrdering: .acquiringAndReleasing,
                    failureOrdering: .relaxed
                ).exchanged
            else { continue }
            if let job = job.pointee { job.body(job.order.map { Int($0[next.piece]) } ?? next.piece) }
            if unfinished.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0 { wakeSleepers() }
        }
    }

    func join() {
        wait { [self] in unfinished.load(ordering: .sequentiallyConsistent) == 0 }
        job.pointee = nil
    }

    func work() {
        var seen: UInt64 = 0
        while true {
            wait { [self] in
                Ticket(word: ticket.load(ordering: .sequentiallyConsistent)).job != seen
                    || isStopped.load(ordering: .sequentiallyConsistent)
            }
            if isStopped.load(ordering: .acquiring) { return }
            seen = Ticket(word: ticket.load(ordering: .acquiring)).job
            claimPieces()
        }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        wakeSleepers()
    }

    /// Spins for a moment, then sleeps.
    private func wait(until isOver: () -> Bool) {
        for _ in 0..<Self.spins where isOver() { return }
        condition.lock()
        sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
        while !isOver() { condition.wait() }
        sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        condition.unlock()
    }

    private func wakeSleepers() {
        guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
        condition.lock()
        condition.broadcast()
        condition.unlock()
    }

    /// About 20 µs: longer than the serial part of a small step, shorter than a time slice.
    private static let spins = 20_000
}
