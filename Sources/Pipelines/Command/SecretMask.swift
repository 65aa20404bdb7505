/// Replaces the values of variables by `***`, in texts and in what a program prints.
///
/// A value is found as it is, line by line if it has several, and as programs write it (`SecretForms`); a long one, too, where it is
/// broken into lines. Values of fewer than four bytes are left: to mask a `1` would make a log unreadable.
package struct SecretMask: Sendable {
    static let minimumLength = 4
    /// From how many bytes on there may be line breaks in a value, as base64(1) and fold(1) make them.
    static let foldedLength = 16
    static let replacement = Array("***".utf8)

    /// By their first four bytes, which they all have; the longest first.
    private let patterns: [UInt32: [[UInt8]]]
    /// Whether a pattern begins with a byte.
    private let isFirst: [Bool]
    /// The first two and the first three bytes of the patterns.
    private let starts: Set<UInt32>
    package let isEmpty: Bool

    package init(_ values: some Sequence<String>) {
        var all: Set<[UInt8]> = []
        for value in values { all.formUnion(SecretForms.all(of: value)) }
        var patterns: [UInt32: [[UInt8]]] = [:]
        var isFirst = Array(repeating: false, count: 256)
        var starts: Set<UInt32> = []
        for pattern in all.sorted(by: { $0.count > $1.count }) where pattern.count >= Self.minimumLength {
            patterns[Self.start(of: pattern, 4), default: []].append(pattern)
            isFirst[Int(pattern[0])] = true
            for count in 2...3 { starts.insert(Self.start(of: pattern, count)) }
        }
        (self.patterns, self.isFirst, self.starts) = (patterns, isFirst, starts)
        isEmpty = all.isEmpty
    }

    /// The first bytes as a number. Of no two counts the same, unless bytes are zero, which no variable's value has.
    private static func start(of bytes: some Collection<UInt8>, _ count: Int) -> UInt32 {
        bytes.prefix(count).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The text with the values masked, and what messages leave of them before a `…`.
    package func masking(_ text: String) -> String {
        guard !isEmpty else { return text }
        return String(decoding: maskingBeginnings(in: masking(Array(text.utf8))), as: UTF8.self)
    }

    /// The bytes with the values masked.
    package func masking(_ bytes: [UInt8]) -> [UInt8] {
        guard !isEmpty else { return bytes }
        var stream = Stream(self)
        return stream.take(bytes) + stream.end()
    }

    /// Whether a value is in the text.
    package func finds(in text: String) -> Bool {
        guard !isEmpty else { return false }
        var stream = Stream(self)
        _ = stream.take(text.utf8)
        _ = stream.end()
        return stream.hasMasked
    }

    private func maskingBeginnings(in text: [UInt8]) -> [UInt8] {
        let ellipsis = Array("…".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for byte in text {
            result.append(byte)
            guard byte == ellipsis[2], result.suffix(3).elementsEqual(ellipsis) else { continue }
            let end = result.count - 3
            // The text may have been cut within its quotes, or behind them.
            let isQuoted = end > 0 && "'\"".utf8.contains(result[end - 1])
            for end in isQuoted ? [end, end - 1] : [end] {
                let count = patterns.values.joined().map { Self.beginning(of: $0, before: end, in: result) }.max() ?? 0
                if count > 0 {
                    result.replaceSubrange(end - count..<end, with: Self.replacement)
                    break
                }
            }
        }
        return result
    }

    /// How many bytes before `end` are the beginning of a value, if that many tell.
    private static func beginning(of value: [UInt8], before end: Int, in text: [UInt8]) -> Int {
        stride(from: min(value.count - 1, end), through: minimumLength, by: -1)
            .first { value[..<$0].elementsEqual(text[end - $0..<end]) } ?? 0
    }
}

extension SecretMask {
    /// Masks what comes piece by piece: a value may begin in one piece and end in another.
    package struct Stream {
        private let mask: SecretMask
        /// What may be the beginning of a value.
        private var held: [UInt8] = []
        /// How many bytes from the beginning of `held` belong to a value already found.
        private var covered = 0
        package private(set) var hasMasked = false

        package init(_ mask: SecretMask) {
            self.mask = mask
        }

        /// What is certain once `bytes` have come.
        package mutating func take(_ bytes: some Sequence<UInt8>) -> [UInt8] {
            held += bytes
            return advance(isLast: false)
        }

        /// What is left.
        package mutating func end() -> [UInt8] { advance(isLast: true) }

        private mutating func advance(isLast: Bool) -> [UInt8] {
            var result: [UInt8] = []
            result.reserveCapacity(held.count)
            var hasMasked = hasMasked
            let (next, coveredUntil) = held.withUnsafeBufferPointer { bytes -> (Int, Int) in
                var coveredUntil = covered
                var place = 0
                while place < bytes.count {
                    if mask.isFirst[Int(bytes[place])] {
                        guard let length = mask.match(bytes, at: place, isLast: isLast) else { break }
                        if length > 0 {
                            if place >= coveredUntil { result += SecretMask.replacement }
                            coveredUntil = max(coveredUntil, place + length)
                            hasMasked = true
                        }
                    }
                    if place >= coveredUntil { result.append(bytes[place]) }
                    place += 1
                }
                return (place, coveredUntil)
            }
            self.hasMasked = hasMasked
            held.removeFirst(next)
            covered = max(0, coveredUntil - next)
            return result
        }
    }

    /// The length of the longest value at a place, 0 if there is none, nil if more bytes have to come to tell.
    fileprivate func match(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int, isLast: Bool) -> Int? {
        let rest = bytes.count - place
        guard rest >= Self.minimumLength else {
            let mayFollow = rest == 1 || starts.contains(Self.start(of: bytes[place...], rest))
            return isLast || !mayFollow ? 0 : nil
        }
        let start =
            UInt32(bytes[place]) << 24 | UInt32(bytes[place + 1]) << 16 | UInt32(bytes[place + 2]) << 8
            | UInt32(bytes[place + 3])
        for candidate in patterns[start] ?? [] {
            switch Self.compare(candidate, bytes, at: place) {
            case .same(let length): return length
            case .open where !isLast: return nil
            case .open, .different: break
            }
        }
        return 0
    }

    private enum Comparison {
        /// With so many bytes, line breaks among them.
        case same(Int)
        case different
        /// The bytes end before it is clear.
        case open
    }

    private static func compare(
        _ value: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, at place: Int
    ) -> Comparison {
        let mayBreak = value.count >= foldedLength
        var next = place
        for (index, byte) in value.enumerated() {
            if mayBreak, index > 0, byte != 0xA, byte != 0xD {
                if next < bytes.count, bytes[next] == 0xD { next += 1 }
                if next < bytes.count, bytes[next] == 0xA { next += 1 }
            }
            guard next < bytes.count else { return .open }
            guard bytes[next] == byte else { return .different }
            next += 1
        }
        return .same(next - place)
    }
}
