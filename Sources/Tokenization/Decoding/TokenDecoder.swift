/// Turns tokens back into text, one token at a time.
struct TokenDecoder: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// The bytes that a text in ``ByteAlphabet`` stands for.
        case byteLevel
        case replace([UInt8], with: [UInt8])
        /// `<0xNN>` is a byte.
        case byteFallback
        /// Drops up to `start` of a character from the start of each token.
        case strip(scalar: [UInt8], start: Int)
        /// `mark` is a space, or nothing in the first token.
        case metaspace(mark: [UInt8], dropsFirst: Bool)
        /// Tokens that don't begin with the prefix begin a word; `cleans` drops spaces before punctuation.
        case wordPiece(prefix: [UInt8], cleans: Bool)
    }

    var steps: [Step] = []
    /// What is dropped from the start of the whole text, and how often at most.
    var leading: (scalar: [UInt8], count: Int)? { leadingScalar.map { ($0, leadingCount) } }
    var leadingScalar: [UInt8]?
    var leadingCount = 0
    /// Whether tokens are joined by spaces.
    var joinsWithSpaces = false
    /// What ends a word: a space, or nothing in the last token.
    var endSuffix: [UInt8]?

    func append(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8], state: inout DecodingState) {
        var text = text
        for step in steps {
            switch step {
            case .byteLevel: if let decoded = ByteAlphabet.decode(text) { text = decoded[...] }
            case .replace(let old, let new): text = Self.replacing(old, by: new, in: text)
            case .byteFallback: if let byte = ByteToken.byte(text) { text = [byte] }
            case .strip(let scalar, let start):
                var count = 0
                while count < start, !text.isEmpty, text.starts(with: scalar) {
                    text = text.dropFirst(scalar.count)
                    count += 1
                }
            case .metaspace(let mark, let dropsFirst):
                text = Self.replacing(mark, by: dropsFirst && state.count == 0 ? [] : [0x20], in: text)
            case .wordPiece(let prefix, let cleans):
                if state.count > 0 {
                    text = text.starts(with: prefix) ? text.dropFirst(prefix.count) : ([0x20] + text)[...]
                }
                if cleans { for (old, new) in Self.contractions { text = Self.replacing(old, by: new, in: text) } }
            }
        }
        if joinsWithSpaces, state.count > 0 { bytes.append(0x20) }
        state.count += 1
        if let leadingScalar, var dropped = state.dropped {
            while dropped < leadingCount, !text.isEmpty, text.starts(with: leadingScalar) {
                text = text.dropFirst(leadingScalar.count)
                dropped += 1
            }
            state.dropped = text.isEmpty && dropped < leadingCount ? dropped : nil
        }
        guard let endSuffix, !endSuffix.isEmpty else { return bytes.append(contentsOf: text) }
        bytes += Self.replacing(endSuffix, by: [0x20], in: state.held[...])
        state.held = Array(text)
    }

    /// What was held back, as the last token; if another follows all the same, the space comes then.
    func finish(_ bytes: inout [UInt8], state: inout DecodingState) {
        guard let endSuffix, !state.held.isEmpty, state.held != endSuffix else { return }
        bytes += Self.replacing(endSuffix, by: [], in: state.held[...])
        state.held = state.held.suffix(endSuffix.count) == endSuffix[...] ? endSuffix : []
    }

    private static let contractions = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.utf8), Array($1.utf8)) }

    private static func replacing(_ old: [UInt8], by new: [UInt8], in text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = old.first, text.contains(first) else { return text }
        var result: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            if text[index] == first, text[index...].starts(with: old) {
                result += new
                index += old.count
            } else {
                result.append(text[index])
                index += 1
            }
        }
        return result[...]
    }
}
