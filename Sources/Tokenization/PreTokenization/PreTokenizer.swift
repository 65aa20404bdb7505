/// Cuts text into pieces, each of which the model encodes by itself.
struct PreTokenizer: Sendable, Hashable {
    /// Where a ▁ is put before text.
    enum PrependScheme: String, Sendable, Hashable {
        case first
        case never
        case always
    }

    enum Step: Sendable, Hashable {
        case split(Split)
        /// Puts a space before each piece that doesn't begin with one.
        case prefixSpace
        /// Writes bytes in ``ByteAlphabet``.
        case byteAlphabet
        /// Writes spaces as `mark`, puts one before text, and cuts before each if `cuts`.
        case metaspace(mark: UInt32, scheme: PrependScheme, cuts: Bool)

        var changesText: Bool { if case .split = self { false } else { true } }
    }

    var steps: [Step]

    /// The pieces of a text that was, or must be, changed.
    static func apply(_ steps: [Step], to text: AlignedText) throws(TokenizerError) -> [AlignedText] {
        var pieces = text.isEmpty ? [] : [text]
        for step in steps {
            var next: [AlignedText] = []
            next.reserveCapacity(pieces.count)
            for var piece in pieces {
                switch step {
                case .split(let split): try append(split, piece, to: &next)
                case .prefixSpace:
                    if piece.bytes.first != 0x20 { piece.prepend([0x20]) }
                    next.append(piece)
                case .byteAlphabet:
                    piece.writeInByteAlphabet()
                    next.append(piece)
                case .metaspace(let mark, let scheme, let cuts):
                    piece.replace(try SplitPattern.literal([0x20]).matches(piece.bytes), with: [mark])
                    var text: [UInt8] = []
                    UTF8Scanning.append(mark, to: &text)
                    if scheme == .always || scheme == .first && piece.origin == 0, !piece.bytes.starts(with: text) {
                        piece.prepend([mark])
                    }
                    if cuts {
                        try append(Split(pattern: .literal(text), behavior: .mergedWithNext), piece, to: &next)
                    } else {
                        next.append(piece)
                    }
                }
            }
            pieces = next
        }
        return pieces
    }

    private static func append(
        _ split: Split, _ piece: AlignedText, to pieces: inout [AlignedText]
    ) throws(TokenizerError) {
        var ranges: [Range<Int>] = []
        try piece.bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            guard let base = buffer.baseAddress else { return }
            try split.apply(base, 0..<buffer.count, into: &ranges)
        }
        if ranges == [0..<piece.bytes.count] {
            pieces.append(piece)
        } else {
            for range in ranges { pieces.append(piece.slice(range)) }
        }
    }
}
