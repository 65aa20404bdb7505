/// A run of tokens that are being merged, and how many bytes each stands for.
///
/// Kept from piece to piece so that encoding allocates only while it grows.
final class Symbols {
    private(set) var count = 0
    private(set) var ids: UnsafeMutablePointer<Int32>
    private(set) var lengths: UnsafeMutablePointer<Int32>
    private var merges: UnsafeMutablePointer<UInt64>
    private var capacity = 64
    /// For long pieces: a heap of `rank << 32 | position`, and neighbours.
    private var heap: [UInt64] = []
    private var next: [Int32] = []
    private var previous: [Int32] = []

    init() {
        ids = .allocate(capacity: capacity)
        lengths = .allocate(capacity: capacity)
        merges = .allocate(capacity: capacity)
    }

    deinit {
        ids.deallocate()
        lengths.deallocate()
        merges.deallocate()
    }

    func removeAll() { count = 0 }

    @inline(__always) func append(_ id: Int32, length: Int) {
        if count == capacity { grow() }
        ids[count] = id
        lengths[count] = Int32(truncatingIfNeeded: length)
        count += 1
    }

    private func grow() {
        func grown<T>(_ old: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
            let new = UnsafeMutablePointer<T>.allocate(capacity: capacity * 2)
            new.moveInitialize(from: old, count: count)
            old.deallocate()
            return new
        }
        ids = grown(ids)
        lengths = grown(lengths)
        merges.deallocate()
        merges = .allocate(capacity: capacity * 2)
        capacity *= 2
    }

    /// Merges the pair of lowest rank, the leftmost of equals, until no pair merges.
    ///
    /// Short runs are scanned for each merge, quadratic but without overhead; long ones keep a heap, n log n.
    func merge(_ table: borrowing MergeTable) {
        if count <= 40 { mergeByScanning(table) } else { mergeByHeap(table) }
    }

    private func mergeByScanning(_ table: borrowing MergeTable) {
        guard count > 1 else { return }
        let ids = ids
        let lengths = lengths
        let merges = merges
        var count = count
        for index in 0..<count - 1 { merges[index] = table[ids[index], ids[index + 1]] }
        while count > 1 {
            var best = MergeTable.none
            var place = 0
            for index in 0..<count - 1 where merges[index] < best {
                best = merges[index]
                place = index
            }
            if best == MergeTable.none { break }
            ids[place] = Int32(truncatingIfNeeded: best & 0xFFFF_FFFF)
            lengths[place] += lengths[place + 1]
            count -= 1
            for index in place + 1..<max(count, place + 1) {
                ids[index] = ids[index + 1]
                lengths[index] = lengths[index + 1]
                merges[index] = merges[index + 1]
            }
            if place > 0 { merges[place - 1] = table[ids[place - 1], ids[place]] }
            if place + 1 < count { merges[place] = table[ids[place], ids[place + 1]] }
        }
        self.count = count
    }

    private func mergeByHeap(_ table: borrowing MergeTable) {
        let count = count
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for index in 0..<count {
            next.append(index + 1 < count ? Int32(index + 1) : -1)
            previous.append(Int32(index) - 1)
            if index + 1 < count {
                merges[index] = table[ids[index], ids[index + 1]]
                if merges[index] != MergeTable.none { heap.append(merges[index] & ~0xFFFF_FFFF | UInt64(index)) }
            }
        }
        merges[count - 1] = MergeTable.none
        for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(index) }

        func update(_ place: Int32) {
            let right = next[Int(place)]
            let merge = right < 0 ? MergeTable.none : table[ids[Int(place)], ids[Int(right)]]
            merges[Int(place)] = merge
            if merge != MergeTable.none { push(merge & ~0xFFFF_FFFF | UInt64(place)) }
        }
        while let top = pop() {
            let place = Int(top & 0xFFFF_FFFF)
            let merge = merges[place]
            // The pair was merged away or has changed since.
            guard merge != MergeTable.none, merge >> 32 == top >> 32 else { continue }
            let right = Int(next[place])
            ids[place] = Int32(truncatingIfNeeded: merge & 0xFFFF_FFFF)
            lengths[place] += lengths[right]
            merges[right] = MergeTable.none
            ids[right] = -1
            let following = next[right]
            next[place] = following
            if following >= 0 { previous[Int(following)] = Int32(place) }
            update(Int32(place))
            if previous[place] >= 0 { update(previous[place]) }
        }

        var kept = 0
        var index: Int32 = 0
        while index >= 0 {
            ids[kept] = ids[Int(index)]
            lengths[kept] = lengths[Int(index)]
            kept += 1
            index = next[Int(index)]
        }
        self.count = kept
    }

    private func push(_ value: UInt64) {
        heap.append(value)
        heap.withUnsafeMutableBufferPointer { heap in
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                if heap[parent] <= value { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = value
        }
    }

    private func pop() -> UInt64? {
        guard let last = heap.popLast() else { return nil }
        guard let top = heap.first else { return last }
        heap[0] = last
        siftDown(0)
        return top
    }

    private func siftDown(_ start: Int) {
        heap.withUnsafeMutableBufferPointer { heap in
            let value = heap[start]
            var parent = start
            while true {
                var child = parent * 2 + 1
                if child >= heap.count { break }
                if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
                if value <= heap[child] { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = value
        }
    }
}
