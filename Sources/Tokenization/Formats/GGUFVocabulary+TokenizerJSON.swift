/// `tokenizer.json` as the keys of a GGUF file.
extension GGUFVocabulary {
    /// What a tokenizer becomes in a GGUF file.
    package struct Conversion: Sendable {
        package var vocabulary: GGUFVocabulary
        /// What GGUF can't say, though the tokenizer does.
        package var notes: [String] = []
    }

    /// The vocabulary of a GGUF file that means the same as a `tokenizer.json`.
    ///
    /// - Parameters:
    ///   - beginning: The token that begins a text, if the file doesn't say; likewise `end`.
    ///   - count: Tokens that the model has: ids that the tokenizer doesn't have are filled up.
    /// - Throws: `TokenizerError` naming the part that GGUF has no form for.
    package static func converting(
        tokenizerJSON bytes: [UInt8], source: String = "tokenizer.json", beginning: String? = nil, end: String? = nil,
        count: Int
    ) throws(TokenizerError) -> Conversion {
        let parts = try SubwordTokenizer.parts(tokenizerJSON: bytes, source: source, beginning: beginning, end: end)
        guard case .bytePair(let vocabulary, let merges, let options) = parts.model else {
            throw unsupported(source, "a model that isn't BPE")
        }
        guard options.continuingPrefix.isEmpty, options.endSuffix.isEmpty else {
            throw unsupported(source, "a prefix or suffix of the parts of a word")
        }
        let isByteLevel = parts.preTokenizer?.steps.last == .byteAlphabet
        let added = AddedTokens(parts.addedTokens).tokens
        let needed = max(vocabulary.idCount, (added.map { Int($0.id) }.max() ?? -1) + 1)
        guard needed <= count else {
            throw TokenizerError("\(source): \(needed) tokens, and the model has \(count); expected at most as many")
        }
        var file = GGUFVocabulary(model: isByteLevel ? "gpt2" : "llama", tokens: ByteStrings())
        file.setTokens(vocabulary, added, options, count: count, isByteLevel: isByteLevel)
        file.beginning = parts.beginning ?? parts.leadingTokens.first
        file.end = parts.end ?? parts.trailingTokens.last
        guard parts.leadingTokens.isEmpty || parts.leadingTokens == [file.beginning],
            parts.trailingTokens.isEmpty || parts.trailingTokens == [file.end]
        else { throw unsupported(source, "several tokens before or after every text") }
        file.addsBeginning = !parts.leadingTokens.isEmpty
        file.addsEnd = !parts.trailingTokens.isEmpty
        var conversion = Conversion(vocabulary: file)
        if isByteLevel {
            try conversion.setByteLevel(parts, merges, source)
        } else {
            try conversion.setSentencePiece(parts, vocabulary, merges, source)
        }
        let odd = added.filter { $0.stripsLeft || $0.stripsRight || $0.isSingleWord }
        if let first = odd.first {
            let text = String(decoding: first.content, as: UTF8.self)
            conversion.notes.append(
                "GGUF can't say that \(odd.count == 1 ? "'\(text)' takes" : "\(odd.count) tokens, such as '\(text)', take") "
                    + "the spaces around it, or stands between words alone")
        }
        return conversion
    }

    private static func unsupported(_ source: String, _ part: String) -> TokenizerError {
        TokenizerError("\(source): GGUF has no form for \(part)")
    }

    private mutating func setTokens(
        _ vocabulary: Vocabulary, _ added: [AddedToken], _ options: BytePairModel.Options, count: Int, isByteLevel: Bool
    ) {
        let addedByID = Dictionary(added.map { (Int($0.id), $0) }) { $1 }
        tokens.reserveCapacity(strings: count, bytes: vocabulary.bytes.count)
        for id in 0..<count {
            var kind = Kind.normal
            if let token = addedByID[id] {
                tokens.append(token.content)
                kind = token.isControl ? .control : .userDefined
                if token.content == options.unknown { kind = .unknown }
            } else if let text = vocabulary.text(id) {
                tokens.append(text)
                if !isByteLevel, ByteToken.byte(text) != nil { kind = .byte }
                if let unknown = options.unknown, text.elementsEqual(unknown) { kind = .unknown }
            } else {
                tokens.append("[PAD\(id)]".utf8)
                kind = .unused
            }
            kinds.append(kind.rawValue)
        }
        unknown = options.unknown.flatMap { vocabulary.id($0) }.map(Int32.init)
    }
}

extension GGUFVocabulary.Conversion {
    /// How text is cut has a name in GGUF: the one that means the same.
    fileprivate mutating func setByteLevel(
        _ parts: SubwordTokenizer.Parts, _ merges: Merges, _ source: String
    ) throws(TokenizerError) {
        let triples = merges.triples
        for index in stride(from: 0, to: triples.count, by: 3) {
            let (left, right) = (vocabulary.tokens[Int(triples[index])], vocabulary.tokens[Int(triples[index + 1])])
            vocabulary.merges.append(Array(left) + [0x20] + Array(right))
        }
        let names = GGUFByteLevel.preferred + GGUFByteLevel.known.keys.sorted()
        for name in names {
            vocabulary.preTokenizer = name
            let candidate = try GGUFByteLevel.parts(vocabulary, source)
            guard case .bytePair(_, let found, let options) = candidate.model,
                case .bytePair(_, _, let own) = parts.model, found.triples == triples,
                options.ignoresMerges == own.ignoresMerges, candidate.normalizer == parts.normalizer,
                candidate.preTokenizer == parts.preTokenizer, candidate.decoder == parts.decoder
            else { continue }
            return
        }
        throw TokenizerError(
            "\(source): GGUF has no name for how this tokenizer cuts and normalizes text; it has names for those of "
                + names.filter { !["llama3", "llama-v3"].contains($0) }.reduce(into: []) { names, name in
                    if !names.contains(name) { names.append(name) }
                }.joined(separator: ", "))
    }

    /// A score a token, of those that merges give: the better, the earlier. Tokens whose merges alternate have the same one.
    private static func scores(_ triples: [Int32], count: Int) -> [Float] {
        var scores = [Float](repeating: -1e9, count: count)
        var last: [Int32: Int] = [:]
        for index in stride(from: 2, to: triples.count, by: 3) { last[triples[index]] = index }
        var (score, end): (Float, Int) = (0, -1)
        for index in stride(from: 2, to: triples.count, by: 3) {
            if index > end { score -= 1 }
            scores[Int(triples[index])] = score
            end = max(end, last[triples[index]] ?? index)
        }
        return scores
    }

    /// Merges are told by scores: the better, the earlier.
    fileprivate mutating func setSentencePiece(
        _ parts: SubwordTokenizer.Parts, _ own: Vocabulary, _ merges: Merges, _ source: String
    ) throws(TokenizerError) {
        guard case .bytePair(_, _, let options) = parts.model, options.fallsBackToBytes, !options.ignoresMerges else {
            throw TokenizerError("\(source): GGUF has no form for BPE without bytes, or that ignores its merges")
        }
        guard let reading = SpacedReading.beginning(parts.normalizer, parts.preTokenizer?.steps ?? []) else {
            throw TokenizerError(
                "\(source): GGUF has no form for how this tokenizer cuts and normalizes text; it has one for spaces written "
                    + "as ▁")
        }
        vocabulary.addsSpacePrefix = reading != .asItIs
        if case .prefixedUnlessSpaced = reading {
            notes.append(
                "this tokenizer puts a space before the first word of a text unless there is one; GGUF files say that it is "
                    + "put before whatever is at the start or follows a control token")
        }
        let triples = merges.triples
        vocabulary.scores = Self.scores(triples, count: vocabulary.tokens.count)
        let candidate = try GGUFSentencePiece.parts(vocabulary, source)
        guard case .bytePair(_, let found, _) = candidate.model, found.triples == triples else {
            throw TokenizerError("\(source): GGUF has no form for the order of its merges, which no scores give")
        }
    }
}
