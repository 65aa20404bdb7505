import Tensors

/// Which sequences each training step takes: epochs in shuffled order, end to end. A function of (seed, step) alone, so
/// that a resumed run continues with the same data.
package struct BatchOrder: Sendable {
    private let count: Int
    private let batch: Int
    private let seed: UInt64
    private var epoch = -1
    private var permutation: [Int32] = []

    package init(count: Int, batch: Int, seed: UInt64) {
        precondition(count > 0 && batch > 0, "no batches of \(batch) from \(count) sequences")
        self.count = count
        self.batch = batch
        self.seed = seed
    }

    /// The sequences of step `step`, counted from 0, into `sequences`. Remembers the last epoch's order only to save time.
    package mutating func take(step: Int, into sequences: inout [Int]) {
        sequences.removeAll(keepingCapacity: true)
        for position in step * batch..<(step + 1) * batch {
            if position / count != epoch {
                epoch = position / count
                var random = RandomGenerator(seed: seed, "epoch", epoch)
                permutation = random.permutation(of: count)
            }
            sequences.append(Int(permutation[position % count]))
        }
    }
}
