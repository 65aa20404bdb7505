import Artifacts
import Foundation
import Synchronization
import Testing

@Suite("Calls side by side") struct ConcurrentCallsTests {
    @Test("each index is called once", arguments: [0, 1, 2, 63, 64, 65, 1000])
    func once(count: Int) throws {
        let calls = Mutex([Int](repeating: 0, count: count))
        try ConcurrentCalls.run(count) { index throws(StoreError) in calls.withLock { $0[index] += 1 } }
        #expect(calls.withLock { $0.allSatisfy { $0 == 1 } })
    }

    @Test("calls that wait do so together: 128 of 50 ms take no 6.4 s")
    func together() throws {
        let time = try ContinuousClock().measure {
            try ConcurrentCalls.run(128) { _ throws(StoreError) in usleep(50_000) }
        }
        // Two rounds of 64 threads take 0.1 s; a busy machine has room for thirty times as much.
        #expect(time < .seconds(3))
    }

    @Test("a failure is thrown, and what hasn't begun by then isn't called")
    func failure() {
        let calls = Atomic(0)
        let error = #expect(throws: StoreError.self) {
            try ConcurrentCalls.run(100_000) { index throws(StoreError) in
                calls.add(1, ordering: .relaxed)
                if index == 3 { throw StoreError(.io, "number 3") }
            }
        }
        #expect(error?.message == "number 3")
        #expect(calls.load(ordering: .relaxed) < 100_000)
    }
}
