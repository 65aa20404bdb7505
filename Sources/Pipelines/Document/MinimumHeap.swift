/// A binary heap of indices.
///
/// Complexity: O(log n) for each insertion and removal.
struct MinimumHeap: Sendable {
    private var items: [Int] = []

    mutating func insert(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[(child - 1) / 2] > items[child] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeMinimum() -> Int? {
        guard let minimum = items.first, let last = items.popLast() else { return nil }
        if items.isEmpty { return minimum }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] {
                least = child
            }
            if least == parent { return minimum }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
