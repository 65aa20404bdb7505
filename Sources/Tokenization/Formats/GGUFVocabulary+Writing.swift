extension GGUFVocabulary {
    /// The same tokenizer as `tokenizer.json`, for Hugging Face's libraries.
    ///
    /// - Parameter source: the name of the file, for messages.
    /// - Throws: `TokenizerError` if it is of no kind that calm reads, or two tokens have the same text.
    package func tokenizerJSON(source: String = "GGUF") throws(TokenizerError) -> [UInt8] {
        try validate(source)
        let parts: SubwordTokenizer.Parts
        switch model {
        case "gpt2": parts = try GGUFByteLevel.parts(self, source)
        case "llama": parts = try GGUFSentencePiece.parts(self, source)
        default:
            throw TokenizerError("\(source): tokenizer.ggml.model '\(model)' isn't supported; gpt2 and llama are")
        }
        if let id = parts.model.vocabulary.repeatedIDs.first, let text = parts.model.vocabulary.text(id) {
            throw TokenizerError(
                "\(source): tokenizer.json has no form for two tokens of one text, such as '"
                    + String(decoding: text, as: UTF8.self) + "'")
        }
        return try TokenizerJSONWriter.write(parts, source)
    }
}

extension TokenizerJSONWriter {
    /// Writes a BPE tokenizer with the parts that GGUF's have.
    static func write(_ parts: SubwordTokenizer.Parts, _ source: String) throws(TokenizerError) -> [UInt8] {
        guard case .bytePair(let vocabulary, let merges, let options) = parts.model else {
            throw TokenizerError("\(source): only BPE is written as tokenizer.json")
        }
        var json: [UInt8] = []
        func add(_ text: String) { json += text.utf8 }
        add("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[")
        for (index, token) in parts.addedTokens.enumerated() {
            add(index == 0 ? "" : ",")
            add("{\"id\":\(token.id),\"content\":\(quoted(token.content)),\"single_word\":\(token.isSingleWord),")
            add("\"lstrip\":\(token.stripsLeft),\"rstrip\":\(token.stripsRight),")
            add("\"normalized\":\(token.isNormalized),\"special\":\(token.isControl)}")
        }
        add("],\"normalizer\":\(try normalizer(parts.normalizer, source)),")
        add("\"pre_tokenizer\":\(try preTokenizer(parts.preTokenizer?.steps ?? [], source)),")
        add("\"post_processor\":\(template(parts, vocabulary)),")
        add("\"decoder\":\(try decoder(parts.decoder, source)),")
        add("\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":\(options.unknown.map(quoted) ?? "null"),")
        add("\"continuing_subword_prefix\":null,\"end_of_word_suffix\":null,\"fuse_unk\":\(options.fusesUnknown),")
        add("\"byte_fallback\":\(options.fallsBackToBytes),\"ignore_merges\":\(options.ignoresMerges),\"vocab\":{")
        var isFirst = true
        for id in 0..<vocabulary.idCount {
            guard let text = vocabulary.text(id) else { continue }
            add("\(isFirst ? "" : ",")\(quoted(text)):\(id)")
            isFirst = false
        }
        add("},\"merges\":[")
        let triples = merges.triples
        for index in stride(from: 0, to: triples.count, by: 3) {
            let (left, right) = (vocabulary.text(Int(triples[index])), vocabulary.text(Int(triples[index + 1])))
            add("\(index == 0 ? "" : ",")[\(quoted(left ?? [])),\(quoted(right ?? []))]")
        }
        add("]}}")
        return json
    }

    private static func unsupported(_ part: String, _ source: String) -> TokenizerError {
        TokenizerError("\(source): this \(part) is not written as tokenizer.json")
    }

    private static func normalizer(_ normalizer: Normalizer?, _ source: String) throws(TokenizerError) -> String {
        switch normalizer {
        case nil: return "null"
        case .form(let form): return "{\"type\":\"\(form.rawValue)\"}"
        case .prepend(let text): return "{\"type\":\"Prepend\",\"prepend\":\(quoted(text))}"
        case .replace(.literal(let old), let new):
            return "{\"type\":\"Replace\",\"pattern\":{\"String\":\(quoted(old))},\"content\":\(quoted(new))}"
        case .sequence(let normalizers):
            var texts: [String] = []
            for normalizer in normalizers { texts.append(try self.normalizer(normalizer, source)) }
            return "{\"type\":\"Sequence\",\"normalizers\":[\(texts.joined(separator: ","))]}"
        default: throw unsupported("normalizer", source)
        }
    }

    private static func preTokenizer(_ steps: [PreTokenizer.Step], _ source: String) throws(TokenizerError) -> String {
        var texts: [String] = []
        for step in steps {
            switch step {
            case .split(let split) where split.pattern == .characters(.numeric) && split.behavior == .isolated:
                texts.append("{\"type\":\"Digits\",\"individual_digits\":true}")
            case .split(let split):
                guard let pattern = split.pattern.regularExpression else { throw unsupported("pre-tokenizer", source) }
                texts.append(
                    "{\"type\":\"Split\",\"pattern\":{\"Regex\":\(quoted(pattern.utf8))},\"behavior\":"
                        + "\"\(split.behavior.rawValue)\",\"invert\":\(split.isInverted)}")
            case .byteAlphabet: texts.append(byteLevel(prefix: false, pattern: false, trims: true))
            default: throw unsupported("pre-tokenizer", source)
            }
        }
        return texts.isEmpty ? "null" : "{\"type\":\"Sequence\",\"pretokenizers\":[\(texts.joined(separator: ","))]}"
    }

    private static func byteLevel(prefix: Bool, pattern: Bool, trims: Bool) -> String {
        "{\"type\":\"ByteLevel\",\"add_prefix_space\":\(prefix),\"trim_offsets\":\(trims),\"use_regex\":\(pattern)}"
    }

    private static func decoder(_ decoder: TokenDecoder, _ source: String) throws(TokenizerError) -> String {
        if decoder.steps == [.byteLevel] { return byteLevel(prefix: true, pattern: true, trims: true) }
        var texts: [String] = []
        for step in decoder.steps {
            switch step {
            case .replace(let old, let new):
                texts.append(
                    "{\"type\":\"Replace\",\"pattern\":{\"String\":\(quoted(old))},\"content\":\(quoted(new))}")
            case .byteFallback: texts.append("{\"type\":\"ByteFallback\"}")
            default: throw unsupported("decoder", source)
            }
        }
        texts.append("{\"type\":\"Fuse\"}")
        if let (scalar, count) = decoder.leading {
            texts.append("{\"type\":\"Strip\",\"content\":\(quoted(scalar)),\"start\":\(count),\"stop\":0}")
        }
        return "{\"type\":\"Sequence\",\"decoders\":[\(texts.joined(separator: ","))]}"
    }

    /// The tokens before and after every text.
    private static func template(_ parts: SubwordTokenizer.Parts, _ vocabulary: Vocabulary) -> String {
        guard !parts.leadingTokens.isEmpty || !parts.trailingTokens.isEmpty else { return "null" }
        let texts = Dictionary(parts.addedTokens.map { ($0.id, $0.content) }) { $1 }
        func text(_ id: Int32) -> String { quoted(texts[id] ?? vocabulary.text(Int(id)).map(Array.init) ?? []) }
        func template(_ sequences: [String], type: (String) -> Int) -> String {
            sequences.flatMap { sequence in
                func tokens(_ ids: [Int32]) -> [String] {
                    ids.map { "{\"SpecialToken\":{\"id\":\(text($0)),\"type_id\":\(type(sequence))}}" }
                }
                return tokens(parts.leadingTokens)
                    + ["{\"Sequence\":{\"id\":\"\(sequence)\",\"type_id\":\(type(sequence))}}"]
                    + tokens(parts.trailingTokens)
            }.joined(separator: ",")
        }
        let type = { (sequence: String) in sequence == "A" ? 0 : 1 }
        let special = Set(parts.leadingTokens + parts.trailingTokens).sorted().map {
            "\(text($0)):{\"id\":\(text($0)),\"ids\":[\($0)],\"tokens\":[\(text($0))]}"
        }
        return "{\"type\":\"TemplateProcessing\",\"single\":[\(template(["A"], type: type))],\"pair\":["
            + "\(template(["A", "B"], type: type))],\"special_tokens\":{\(special.joined(separator: ","))}}"
    }
}

extension SplitPattern {
    /// The pattern as a regular expression; nil for those that are none in files.
    fileprivate var regularExpression: String? {
        switch self {
        case .gpt2: Self.gpt2Text
        case .qwen: Self.qwenText
        case .llama3: Self.llama3Text
        case .program(_, let text): text
        case .literal, .characters, .words: nil
        }
    }
}
