import Synchronization

/// What encoding works with; kept between calls.
final class EncodingScratch {
    let symbols = Symbols()
    var cache = PieceCache()
    var tokens: [Token] = []
    /// Where the next token begins, in the bytes that are being encoded.
    var position = 0
    /// Where each of those bytes ends in the text, if it isn't `origin` + its index + 1.
    var ends: UnsafePointer<Int>?

    @inline(__always) private func append(_ id: Int32, _ length: Int) {
        position += length
        let end: Int
        if let ends { end = position > 0 ? ends[position - 1] : 0 } else { end = position }
        tokens.append(Token(id: id, end: end))
    }

    @inline(__always) func emit(cached range: Range<Int>) {
        for index in range {
            let packed = cache.tokens[index]
            append(Int32(truncatingIfNeeded: packed & 0xFFFF_FFFF), Int(packed >> 32))
        }
    }

    func emitSymbols() {
        for index in 0..<symbols.count { append(symbols.ids[index], Int(symbols.lengths[index])) }
    }

    /// A token that ends at a place of the text.
    func emit(_ id: Int32, end: Int) { tokens.append(Token(id: id, end: end)) }
}

/// Scratch space for as many encodings as run at once.
final class ScratchPool: Sendable {
    private let idle = Mutex<[Boxed]>([])

    /// Handed from one encoding to the next, never shared.
    private struct Boxed: @unchecked Sendable { let scratch: EncodingScratch }

    func withScratch<E: Error>(_ body: (EncodingScratch) throws(E) -> Void) throws(E) -> [Token] {
        let scratch = idle.withLock { $0.popLast()?.scratch } ?? EncodingScratch()
        scratch.tokens = []
        defer {
            scratch.ends = nil
            scratch.tokens = []
            let boxed = Boxed(scratch: scratch)
            idle.withLock { if $0.count < 16 { $0.append(boxed) } }
        }
        try body(scratch)
        return scratch.tokens
    }
}
