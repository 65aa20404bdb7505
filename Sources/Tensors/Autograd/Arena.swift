/// Memory for one step: taken front to back, given back all at once, kept for the next step.
///
/// After the largest step so far nothing is allocated any more.
final class Arena {
    private var chunks: [Chunk] = []
    private var used = 0
    /// In the chunks before the last.
    private var usedBefore = 0

    /// `count` floats, 64-byte aligned, with undefined content.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let rounded = (max(count, 1) + 15) & ~15
        if chunks.isEmpty || used + rounded > chunks[chunks.count - 1].count {
            usedBefore += used
            chunks.append(Chunk(count: max(rounded, chunks.last.map { $0.count * 2 } ?? Self.firstChunk)))
            used = 0
        }
        defer { used += rounded }
        return chunks[chunks.count - 1].base + used
    }

    /// Invalidates everything taken. A step that overflowed into several chunks leaves one of the size that it took.
    func reset() {
        if chunks.count > 1 {
            chunks.removeAll(keepingCapacity: true)
            chunks.append(Chunk(count: usedBefore + used))
        }
        (used, usedBefore) = (0, 0)
    }

    /// Memory that isn't touched before it is used, so that what is never used costs nothing.
    private final class Chunk {
        let base: UnsafeMutablePointer<Float>
        let count: Int

        init(count: Int) {
            base = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
                .bindMemory(to: Float.self, capacity: count)
            self.count = count
        }

        deinit { UnsafeMutableRawPointer(base).deallocate() }
    }

    private static let firstChunk = 1 << 14
}
