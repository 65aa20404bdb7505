import Synchronization
import Tensors
import Testing

@Suite("worker pool")
struct WorkerPoolTests {
    @Test("every piece runs exactly once, time after time", arguments: [1, 2, 3, 8])
    func everyPieceOnce(threads: Int) {
        let pool = WorkerPool(threads: threads)
        let total = Atomic<Int>(0)
        for round in 0..<500 {
            let count = round % 7
            pool.run(count) { total.wrappingAdd(1 << (8 * $0), ordering: .relaxed) }
            let expected = (0..<count).reduce(0) { $0 + 1 << (8 * $1) }
            #expect(total.exchange(0, ordering: .relaxed) == expected)
        }
    }
}
