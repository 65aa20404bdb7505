/// A fixed-size, 64-byte-aligned, zero-initialised buffer of `Float32`, shared by reference.
///
/// `@unchecked Sendable`: whoever holds it as a value type's storage writes only when it is uniquely referenced (see
/// ``Parameters``), or hands disjoint ranges to threads and joins them.
package final class FloatStorage: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Float>
    package let count: Int

    package init(count: Int) {
        precondition(count >= 0, "a buffer can't have \(count) elements")
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        base = bytes.bindMemory(to: Float.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
        self.count = count
    }

    package convenience init(copying other: FloatStorage) {
        self.init(count: other.count)
        base.update(from: other.base, count: count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    package var elements: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: base, count: count) }

    package func fill(_ value: Float) { base.update(repeating: value, count: count) }
}
