/// A text that grows, and at each moment its tokens as if it ended there.
///
///     var text = GrowingText(tokenizer)
///     try text.append("Com")
///     try text.append("position")
///     text.tokens   // those of "Composition"
///
/// What grows costs what it takes to encode the pieces at its end, where the tokenizer can tell them: see
/// ``Tokenizer/settledEnds(of:)``.
package struct GrowingText: Sendable {
    /// The tokens of the text so far.
    package private(set) var tokens: [Token] = []
    /// So many of them no text behind can change.
    package private(set) var settledCount = 0
    private let tokenizer: any Tokenizer
    private var bytes: [UInt8] = []
    /// Where settled tokens end: the last such place, and the one before it.
    private var (earlierEnd, settledEnd) = (0, 0)

    package init(_ tokenizer: any Tokenizer) { self.tokenizer = tokenizer }

    /// Bytes of the text so far.
    package var count: Int { bytes.count }

    /// Appends text, which begins and ends between characters. Returns how many of the tokens before it are still the first
    /// ones.
    ///
    /// - Throws: ``TokenizerError`` if the tokenizer has no token for it.
    @discardableResult package mutating func append(_ text: String) throws -> Int {
        guard !text.isEmpty else { return tokens.count }
        bytes.append(contentsOf: text.utf8)
        // From the earlier end, so that what a tokenizer puts before a text falls on tokens that are known.
        var (tail, origin) = (try tokens(from: earlierEnd), earlierEnd)
        if settledEnd > 0, !tail.contains(where: { $0.end == settledEnd }) {
            (tail, origin) = (try tokens(from: 0), 0)
        }
        let kept = origin == 0 ? 0 : settledCount
        let fresh = tail.drop { origin > 0 && $0.end <= settledEnd }
        let same = kept + zip(tokens[kept...], fresh).prefix { $0 == $1 }.count
        tokens.replaceSubrange(kept..., with: fresh)

        let ends = try tokenizer.settledEnds(of: bytes[origin...]).filter { $0 > settledEnd }
        if let last = ends.last {
            earlierEnd = ends.count > 1 ? ends[ends.count - 2] : settledEnd
            settledEnd = last
            settledCount += tokens[settledCount...].prefix { $0.end <= last }.count
        }
        return same
    }

    private func tokens(from start: Int) throws -> [Token] {
        try tokenizer.encode(start == 0 ? bytes : Array(bytes[start...]), control: .plain)
            .map { Token(id: $0.id, end: $0.end + start) }
    }
}
