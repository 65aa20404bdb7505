/// Memory for one step: taken front to back, given back all at once, kept for the next step.
///
/// After the largest step so far nothing is allocated any more.
final class Arena {
    private var chunks: [FloatStorage] = []
    private var used = 0

    /// `count` floats, 64-byte aligned, with undefined content.
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        let rounded = (max(count, 1) + 15) & ~15
        if chunks.isEmpty || used + rounded > chunks[chunks.count - 1].count {
            chunks.append(FloatStorage(count: max(rounded, chunks.last.map { $0.count * 2 } ?? Self.firstChunk)))
            used = 0
        }
        defer { used += rounded }
        return chunks[chunks.count - 1].base + used
    }

    /// Invalidates everything taken. A step that overflowed into several chunks leaves one of their total size.
    func reset() {
        if chunks.count > 1 {
            let total = chunks.reduce(0) { $0 + $1.count }
            chunks.removeAll(keepingCapacity: true)
            chunks.append(FloatStorage(count: total))
        }
        used = 0
    }

    private static let firstChunk = 1 << 14
}
