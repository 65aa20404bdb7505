import Synchronization

/// Values that threads borrow, one thread at a time: the memory that each needs for its work, kept from one to the next.
package final class Loans<Value>: @unchecked Sendable {
    private let values: UnsafeMutableBufferPointer<Value>
    /// Which values nobody uses.
    private let idle: Mutex<[Int]>

    /// `count` values, as many as threads may borrow at once.
    package init(count: Int, _ make: () -> Value) {
        values = .allocate(capacity: count)
        _ = values.initialize(from: (0..<count).map { _ in make() })
        idle = Mutex(Array(0..<count))
    }

    deinit {
        values.deinitialize()
        values.deallocate()
    }

    /// Runs `body` with a value that no other thread uses meanwhile.
    package func borrow<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        guard let index = idle.withLock({ $0.popLast() }) else {
            preconditionFailure("more threads at once than the \(values.count) values they share")
        }
        defer { idle.withLock { $0.append(index) } }
        return try body(&values[index])
    }
}
