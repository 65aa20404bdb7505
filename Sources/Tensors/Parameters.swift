/// Named tensors in one contiguous buffer, in a fixed order.
///
/// One buffer makes the optimizer, clipping, sums over shards and checkpoints single loops. A value: copies share storage
/// until one of them is written to.
package struct Parameters: Sendable {
    /// One tensor of the set.
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let shape: [Int]
        package let offset: Int
        package var count: Int { shape.reduce(1, *) }
        package var range: Range<Int> { offset..<offset + count }
    }

    package let entries: [Entry]
    package private(set) var storage: FloatStorage
    private let indexByName: [String: Int]

    /// Zero-filled tensors of the given shapes.
    package init(shapes: [(name: String, shape: [Int])]) {
        var entries: [Entry] = []
        var offset = 0
        for (name, shape) in shapes {
            let entry = Entry(name: name, shape: shape, offset: offset)
            entries.append(entry)
            offset += entry.count
        }
        let indices = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, second in
            preconditionFailure("two parameters are named \(entries[second].name)")
        }
        self.entries = entries
        indexByName = indices
        storage = FloatStorage(count: offset)
    }

    /// Total number of elements.
    package var count: Int { storage.count }

    package func entry(_ name: String) -> Entry? { indexByName[name].map { entries[$0] } }

    /// The tensor called `name`, copied.
    package subscript(name: String) -> Tensor? {
        entry(name).map { Tensor(shape: $0.shape, elements: Array(storage.elements[$0.range])) }
    }

    /// Replaces the tensor called `name`, which must exist in this shape.
    package mutating func set(_ name: String, _ tensor: Tensor) {
        guard let entry = entry(name) else { preconditionFailure("no parameter is named \(name)") }
        precondition(entry.shape == tensor.shape, "\(name): shape \(entry.shape), given \(tensor.shape)")
        withMutableElements { elements in
            for (index, value) in tensor.elements.enumerated() { elements[entry.offset + index] = value }
        }
    }

    /// All elements, in order.
    package func withElements<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        try withExtendedLifetime(storage) { try body(UnsafeBufferPointer(storage.elements)) }
    }

    /// All elements for writing; copies them first if another value shares them.
    package mutating func withMutableElements<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R
    {
        if !isKnownUniquelyReferenced(&storage) { storage = FloatStorage(copying: storage) }
        return try body(storage.elements)
    }
}

/// A layer's claim on one tensor of a ``Parameters`` set. A vector counts as one row.
package struct Parameter: Sendable, Equatable {
    package let name: String
    /// Its place among the declared tensors, and its first element's.
    package let index: Int
    package let offset: Int
    package let rows: Int
    package let columns: Int
}
