import Foundation
import Synchronization
import Tensors
import Testing

@Suite("worker pool")
struct WorkerPoolTests {
    @Test("every piece runs exactly once, time after time", arguments: [1, 2, 3, 8], [nil, 7] as [UInt64?])
    func everyPieceOnce(threads: Int, seed: UInt64?) {
        let pool = WorkerPool(threads: threads, shuffledBy: seed)
        let total = Atomic<Int>(0)
        for round in 0..<500 {
            let count = round % 7
            pool.run(count) { total.wrappingAdd(1 << (8 * $0), ordering: .relaxed) }
            let expected = (0..<count).reduce(0) { $0 + 1 << (8 * $1) }
            #expect(total.exchange(0, ordering: .relaxed) == expected)
        }
    }

    @Test("workers and callers that fell asleep are woken")
    func sleeping() async throws {
        let pool = WorkerPool(threads: 3)
        for round in 0..<20 {
            let total = Atomic<Int>(0)
            // The caller takes one piece and waits for the others, which take longer than anybody spins.
            pool.run(3) { piece in
                if round % 2 == 0 { Thread.sleep(forTimeInterval: 0.002 * Double(piece)) }
                total.wrappingAdd(piece + 1, ordering: .relaxed)
            }
            #expect(total.load(ordering: .relaxed) == 6)
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("more jobs than the ticket can number")
    func many() {
        let pool = WorkerPool(threads: 2)
        let total = Atomic<Int>(0)
        for _ in 0..<70_000 { pool.run(2) { total.wrappingAdd($0 + 1, ordering: .relaxed) } }
        #expect(total.load(ordering: .relaxed) == 3 * 70_000)
    }

    @Test("a shuffled pool hands its pieces out in changing orders")
    func shuffled() {
        let pool = WorkerPool(threads: 1, shuffledBy: 3)
        let taken = Mutex<[[Int]]>([])
        for _ in 0..<4 {
            taken.withLock { $0.append([]) }
            pool.run(6) { piece in taken.withLock { $0[$0.count - 1].append(piece) } }
        }
        #expect(Set(taken.withLock { $0 }).count == 4)
        #expect(taken.withLock { $0 }.allSatisfy { $0.sorted() == Array(0..<6) })
    }
}
