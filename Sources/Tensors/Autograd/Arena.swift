/// Memory for one step: taken front to back, given back all at once, kept for the next step.
///
/// After the largest step so far nothing is allocated any more.
final class Arena {
    /// A place to go back to.
    struct Mark {
        fileprivate let current: Int
        fileprivate let used: Int
        fileprivate let before: Int
    }

    private var chunks: [Chunk] = []
    private var current = 0
    /// Floats taken from the current chunk, and from those before it.
    private var used = 0
    private var before = 0
    /// The most floats that were taken at once.
    private(set) var most = 0
    /// How often memory was asked of the system.
    private(set) var allocations = 0

    /// `count` floats, 64-byte aligned, with undefined content.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let rounded = (max(count, 1) + 15) & ~15
        while current == chunks.count || used + rounded > chunks[current].count {
            if current == chunks.count {
                addChunk(max(rounded, chunks.last.map { $0.count * 2 } ?? Self.firstChunk))
            } else {
                before += used
                used = 0
                current += 1
            }
        }
        defer {
            used += rounded
            most = max(most, before + used)
        }
        return chunks[current].base + used
    }

    func mark() -> Mark { Mark(current: current, used: used, before: before) }

    /// Invalidates what was taken after the mark.
    func release(to mark: Mark) { (current, used, before) = (mark.current, mark.used, mark.before) }

    /// Invalidates everything taken. A step that overflowed into several chunks leaves one of the size that it took.
    func reset() {
        if chunks.count > 1 {
            chunks.removeAll(keepingCapacity: true)
            addChunk(most)
        }
        (current, used, before) = (0, 0, 0)
    }

    private func addChunk(_ count: Int) {
        chunks.append(Chunk(count: count))
        allocations += 1
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
