import Crypto

/// A tokenizer of subwords, as Hugging Face `tokenizers` puts them together: added tokens are cut out of the text, the
/// rest is normalized, cut into pieces and encoded by a model.
package final class SubwordTokenizer: Tokenizer {
    /// The parts of a tokenizer, as a file describes it.
    struct Parts: Sendable {
        var model: Model
        var normalizer: Normalizer?
        var preTokenizer: PreTokenizer?
        var decoder = TokenDecoder(joinsWithSpaces: true)
        var addedTokens: [AddedToken] = []
        var leadingTokens: [Int32] = []
        var trailingTokens: [Int32] = []
        var beginning: Int32?
        var end: Int32?
        /// Ids that stand for nothing, though they have texts.
        var hiddenIDs: [Int32] = []
    }

    enum Model: Sendable {
        case bytePair(vocabulary: Vocabulary, merges: Merges, BytePairModel.Options)
        case unigram(vocabulary: Vocabulary, scores: [Double], unknown: Int32?, fallsBackToBytes: Bool)

        case wordPiece(vocabulary: Vocabulary, WordPieceModel.Options)

        var vocabulary: Vocabulary {
            switch self {
            case .bytePair(let vocabulary, _, _): vocabulary
            case .unigram(let vocabulary, _, _, _): vocabulary
            case .wordPiece(let vocabulary, _): vocabulary
            }
        }
    }

    private enum Encoder: Sendable {
        case bytePair(BytePairModel)
        case unigram(UnigramModel)
        case wordPiece(WordPieceModel)
    }

    package let digest: String
    package let beginning: Int32?
    package let end: Int32?
    package let leadingTokens: [Int32]
    package let trailingTokens: [Int32]
    package let vocabularyCount: Int

    let vocabulary: Vocabulary
    private let encoder: Encoder
    let normalizer: Normalizer?
    let steps: [PreTokenizer.Step]
    /// How text with spaces as ▁ begins, if the model reads spaces in place: no step is left then.
    let spaced: SpacedReading.Beginning?
    private let decoder: TokenDecoder
    let rawMatcher: AddedTokenMatcher
    let normalizedMatcher: AddedTokenMatcher
    private let addedTexts: [Int32: [UInt8]]
    private let addedIDs: [[UInt8]: Int32]
    private let controls: Set<Int32>
    private let pool = ScratchPool()
    let piecePairs = LazyPiecePairs()

    /// Of a model that reads spaces in place; else nil.
    var spacedOptions: BytePairModel.Options? {
        if spaced != nil, case .bytePair(let model) = encoder { model.options } else { nil }
    }

    init(_ parts: Parts) throws(TokenizerError) {
        vocabulary = parts.model.vocabulary
        normalizer = parts.normalizer
        decoder = parts.decoder
        leadingTokens = parts.leadingTokens
        trailingTokens = parts.trailingTokens
        beginning = parts.beginning ?? parts.leadingTokens.first
        end = parts.end ?? parts.trailingTokens.last
        digest = Self.digest(parts)

        let added = AddedTokens(parts.addedTokens)
        let texts = try added.texts(parts.normalizer)
        addedIDs = Dictionary(added.tokens.map { ($0.content, $0.id) }) { $1 }
        addedTexts = Dictionary(zip(added.tokens.map { $0.id }, texts)) { $1 }
        controls = added.controls(vocabulary).union(parts.hiddenIDs)
        vocabularyCount = max(vocabulary.idCount, Int(added.tokens.map { $0.id }.max() ?? -1) + 1)
        rawMatcher = AddedTokenMatcher(added.tokens, texts) { !$0.isNormalized }
        normalizedMatcher = AddedTokenMatcher(added.tokens, texts) { $0.isNormalized }

        var steps = parts.preTokenizer?.steps ?? []
        switch parts.model {
        case .unigram(let vocabulary, let scores, let unknown, let fallsBackToBytes):
            encoder = .unigram(
                UnigramModel(
                    vocabulary: vocabulary, scores: scores, unknown: unknown, fallsBackToBytes: fallsBackToBytes))
            spaced = nil
        case .wordPiece(let vocabulary, let options):
            encoder = .wordPiece(WordPieceModel(vocabulary: vocabulary, options: options))
            spaced = nil
        case .bytePair(let vocabulary, let merges, let options):
            var alphabet = BytePairModel.Alphabet.scalars
            var beginning: SpacedReading.Beginning?
            if steps.last == .byteAlphabet, !steps.dropLast().contains(.byteAlphabet) {
                alphabet = .bytes
                steps.removeLast()
            } else if normalizedMatcher.isEmpty, BytePairModel.canReadSpaces(vocabulary, options),
                let reading = SpacedReading.beginning(parts.normalizer, steps)
            {
                alphabet = .spacedScalars
                beginning = reading
                steps = []
            }
            spaced = beginning
            encoder = .bytePair(
                BytePairModel(
                    vocabulary: vocabulary, merges: merges.table, mergedIDs: merges.results, options: options,
                    alphabet: alphabet))
        }
        self.steps = steps
    }

    package func id(of token: String) -> Int32? {
        let bytes = Array(token.utf8)
        return addedIDs[bytes] ?? vocabulary.id(bytes).map(Int32.init)
    }

    package func isControl(_ id: Int32) -> Bool { controls.contains(id) }

    /// A token as the vocabulary writes it.
    package func text(of id: Int32) -> [UInt8]? { addedTexts[id] ?? vocabulary.text(Int(id)).map(Array.init) }

    package func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState) {
        if let text = addedTexts[id] {
            decoder.append(text[...], to: &bytes, state: &state)
        } else if let text = vocabulary.text(Int(id)) {
            decoder.append(text, to: &bytes, state: &state)
        }
    }

    package func finishDecoding(into bytes: inout [UInt8], state: inout DecodingState) {
        decoder.finish(&bytes, state: &state)
    }

    package func encode(_ text: [UInt8], control: ControlText) throws -> [Token] {
        let text = UTF8Validity.repaired(text) ?? text
        return try pool.withScratch { scratch throws(TokenizerError) in
            try text.withUnsafeBufferPointer { buffer throws(TokenizerError) in
                guard let base = buffer.baseAddress, !buffer.isEmpty else { return }
                try rawMatcher.forEachPart(base, 0..<buffer.count, control: control) {
                    (range, token) throws(TokenizerError) in
                    if let token {
                        scratch.emit(token.id, end: range.upperBound)
                    } else {
                        try encodeText(base, range, control, scratch)
                    }
                }
            }
        }
    }

    /// Encodes text between added tokens.
    private func encodeText(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ control: ControlText, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        if let spaced, case .bytePair(let model) = encoder {
            scratch.ends = nil
            scratch.position = range.lowerBound
            let hasMark = spaced.hasMark(base, range)
            return try model.encodeSpaced(base, range, hasSpaceMark: hasMark, scratch)
        }
        guard let normalizer, !normalizer.keeps(base, range) else {
            return try encodeNormalized(base, range, nil, control, scratch)
        }
        var text = AlignedText(base, range)
        try normalizer.normalize(&text)
        guard !text.isEmpty else { return }
        try text.bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            guard let base = buffer.baseAddress else { return }
            try encodeNormalized(base, 0..<buffer.count, text, control, scratch)
        }
    }

    /// - Parameter text: what `base` points into, if it isn't the original.
    private func encodeNormalized(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ text: AlignedText?, _ control: ControlText,
        _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        try normalizedMatcher.forEachPart(base, range, control: control) { (part, token) throws(TokenizerError) in
            if let token {
                scratch.emit(token.id, end: text.map { $0.ends[part.upperBound - 1] } ?? part.upperBound)
            } else if steps.contains(where: \.changesText) {
                let slice = text?.slice(part) ?? AlignedText(base, part)
                for piece in try PreTokenizer.apply(steps, to: slice) {
                    try piece.bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
                        guard let base = buffer.baseAddress else { return }
                        try encodePieces(base, 0..<buffer.count, piece.ends, [], scratch)
                    }
                }
            } else {
                try encodePieces(base, part, text?.ends, steps[...], scratch)
            }
        }
    }

    /// Cuts text by the steps that are left, and encodes the pieces.
    private func encodePieces(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ ends: [Int]?, _ steps: ArraySlice<PreTokenizer.Step>,
        _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        guard let ends else {
            scratch.ends = nil
            return try encodePieces(base, range, steps, scratch)
        }
        try ends.withUnsafeBufferPointer { ends throws(TokenizerError) in
            scratch.ends = ends.baseAddress
            defer { scratch.ends = nil }
            try encodePieces(base, range, steps, scratch)
        }
    }

    private func encodePieces(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ steps: ArraySlice<PreTokenizer.Step>,
        _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        guard case .split(let split) = steps.first else { return try encodePiece(base, range, scratch) }
        let rest = steps.dropFirst()
        if rest.isEmpty, split.isTiling {
            try split.pattern.forEachMatch(base, range) { (piece) throws(TokenizerError) in
                try encodePiece(base, piece, scratch)
            }
            return
        }
        var pieces: [Range<Int>] = []
        try split.apply(base, range, into: &pieces)
        for piece in pieces { try encodePieces(base, piece, rest, scratch) }
    }

    @inline(__always) private func encodePiece(
        _ base: UnsafePointer<UInt8>, _ range: Range<Int>, _ scratch: EncodingScratch
    ) throws(TokenizerError) {
        scratch.position = range.lowerBound
        switch encoder {
        case .bytePair(let model): try model.encode(base, range, scratch)
        case .unigram(let model): try model.encode(base, range, scratch)
        case .wordPiece(let model): try model.encode(base, range, scratch)
        }
    }
}
