/// Trains a byte-level BPE tokenizer: the same vocabulary and merges as Hugging Face's `BpeTrainer` makes.
///
///     var trainer = try ByteLevelTrainer(.init(vocabularySize: 8_000))
///     for document in documents { try trainer.add(document) }
///     let json = trainer.train()
///
/// Texts are cut into words, which are counted; then the most frequent pair of neighbouring tokens becomes a token, of
/// equals the one of lower ids, until the vocabulary is large enough.
package struct ByteLevelTrainer: Sendable {
    package struct Options: Sendable, Hashable {
        /// Number of tokens to make, control tokens included; fewer if the corpus doesn't have as many.
        package var vocabularySize: Int
        /// Pairs that are rarer aren't merged.
        package var minimumFrequency = 0
        /// The first ids.
        package var controlTokens: [String] = []
        /// Whether all 256 bytes have tokens, or those of the corpus only.
        package var hasAllBytes = true
        /// The regular expression whose matches are words.
        package var pattern = SplitPattern.gpt2Text
        /// Whether digits are words by themselves.
        package var splitsDigits = false
        /// Whether text is normalized to NFC.
        package var normalizes = false

        package init(vocabularySize: Int) { self.vocabularySize = vocabularySize }
    }

    private let options: Options
    private let pattern: SplitPattern
    private var words = WordCounts()

    /// - Throws: ``TokenizerError`` if the pattern isn't supported.
    package init(_ options: Options) throws(TokenizerError) {
        self.options = options
        pattern = try SplitPattern(regularExpression: options.pattern)
    }

    /// Counts the words of a text in UTF-8; what isn't UTF-8 is replaced by U+FFFD.
    package mutating func add(_ text: [UInt8]) throws(TokenizerError) {
        var text = UTF8Validity.repaired(text) ?? text
        if options.normalizes {
            text = text.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return [] }
                let range = 0..<buffer.count
                if !NormalizationForm.nfc.isActive(base, range) { return text }
                var aligned = AlignedText(base, range)
                NormalizationForm.nfc.normalize(&aligned)
                return aligned.bytes
            }
        }
        let split = Split(pattern: pattern, behavior: .isolated)
        var counts = words
        words = WordCounts(capacity: 0)
        defer { words = counts }
        try text.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            guard let base = buffer.baseAddress else { return }
            var pieces = [0..<buffer.count]
            if options.splitsDigits {
                pieces = []
                try Split(pattern: .characters(.numeric), behavior: .isolated).apply(
                    base, 0..<buffer.count, into: &pieces)
            }
            for piece in pieces {
                if split.isTiling {
                    try pattern.forEachMatch(base, piece) { word throws(TokenizerError) in
                        counts.add(UnsafeBufferPointer(rebasing: buffer[word]))
                    }
                } else {
                    var parts: [Range<Int>] = []
                    try split.apply(base, piece, into: &parts)
                    for word in parts { counts.add(UnsafeBufferPointer(rebasing: buffer[word])) }
                }
            }
        }
    }

    package mutating func add(_ text: String) throws(TokenizerError) { try add(Array(text.utf8)) }

    /// Counts the words of a text whose lines are texts of their own, each with the line break at its end, as Hugging Face's
    /// trainer reads files: no word spans a line break and what follows it.
    package mutating func add(lines text: [UInt8]) throws(TokenizerError) {
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.count
            try add(Array(text[start..<end]))
            start = end
        }
    }

    /// The tokenizer as `tokenizer.json`.
    package func train() -> [UInt8] {
        var vocabulary = TrainedVocabulary(options.controlTokens)
        // Ids in the order of the alphabet's characters.
        let seen = words.bytes
        let bytes = (0..<256).filter { options.hasAllBytes || seen.contains(UInt8($0)) }
            .sorted { ByteAlphabet.scalars[$0] < ByteAlphabet.scalars[$1] }
        var ids = [Int32](repeating: -1, count: 256)
        for byte in bytes { ids[byte] = vocabulary.id(ByteAlphabet.characters[byte]) }
        var learner = MergeLearner(words, ids)
        let merges = learner.learn(
            into: &vocabulary, size: options.vocabularySize, minimumFrequency: options.minimumFrequency)
        return TokenizerJSONWriter.write(vocabulary.texts, merges, options)
    }
}

/// The tokens that training has made so far.
struct TrainedVocabulary {
    private(set) var texts: [[UInt8]] = []
    private var ids: [[UInt8]: Int32] = [:]

    init(_ controlTokens: [String]) {
        for token in controlTokens { _ = id(Array(token.utf8)) }
    }

    /// The id of a text, which becomes a token if it isn't one.
    mutating func id(_ text: [UInt8]) -> Int32 {
        if let id = ids[text] { return id }
        let id = Int32(texts.count)
        texts.append(text)
        ids[text] = id
        return id
    }
}
