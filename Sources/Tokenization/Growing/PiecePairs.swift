import Synchronization

/// The characters that stand side by side in any token of a vocabulary. Between two that don't, no token spans, whatever the
/// text around them: a model of the SentencePiece kind, which cuts text at nothing else, ends a token there.
struct PiecePairs: Sendable {
    private var pairs: Set<UInt64> = []
    /// Whether characters without a token become one token together.
    private let fuses: Bool

    init(_ vocabulary: Vocabulary, fusesUnknown: Bool) {
        fuses = fusesUnknown
        for id in 0..<vocabulary.idCount {
            guard let text = vocabulary.text(id) else { continue }
            text.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress, UTF8Validity.firstInvalid(buffer) == nil else { return }
                var (index, last) = (0, UInt32.max)
                while index < buffer.count {
                    let (scalar, length) = UTF8Scanning.scalar(base, index)
                    if last != .max { pairs.insert(Self.pair(last, scalar)) }
                    last = scalar
                    index += length
                }
            }
        }
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    private static let spaceMark: UInt32 = 0x2581

    /// Appends where in `range` tokens end that no text before or behind them can join to the next.
    func boundaries(_ base: UnsafePointer<UInt8>, _ range: Range<Int>, into ends: inout [Int]) {
        var (index, last) = (range.lowerBound, UInt32.max)
        while index < range.upperBound {
            var (scalar, length) = UTF8Scanning.scalar(base, index)
            if scalar == 0x20 { scalar = Self.spaceMark }
            if last != .max, !pairs.contains(Self.pair(last, scalar)), !fuses || scalar == Self.spaceMark {
                ends.append(index)
            }
            last = scalar
            index += length
        }
    }
}

/// Found once for a tokenizer, when they are first asked for: of a quarter of a million tokens it takes a tenth of a second.
final class LazyPiecePairs: Sendable {
    private let found = Mutex<PiecePairs??>(nil)

    /// nil if the tokenizer cuts text otherwise.
    func pairs(for tokenizer: SubwordTokenizer) -> PiecePairs? {
        found.withLock { found in
            if let found { return found }
            let pairs = tokenizer.spacedOptions.map {
                PiecePairs(tokenizer.vocabulary, fusesUnknown: $0.fusesUnknown && !$0.fallsBackToBytes)
            }
            found = .some(pairs)
            return pairs
        }
    }
}
