import Foundation

/// Reads the small parts of `tokenizer.json`: how text is normalized, cut, framed and decoded.
struct TokenizerComponents {
    let source: String

    private func unsupported(_ part: String, _ value: JSONValue) -> TokenizerError {
        TokenizerError("\(source): \(part) '\(value["type"]?.text ?? "without a type")' isn't supported")
    }

    private func missing(_ part: String, _ key: String) -> TokenizerError {
        TokenizerError("\(source): \(part): \"\(key)\" is missing or of the wrong type")
    }

    private func bytes(_ value: JSONValue, _ key: String, _ part: String) throws(TokenizerError) -> [UInt8] {
        guard let bytes = value[key]?.bytes else { throw missing(part, key) }
        return bytes
    }

    private func flag(
        _ value: JSONValue, _ key: String, _ part: String, default standard: Bool? = nil
    ) throws(TokenizerError) -> Bool {
        guard let member = value[key] else {
            if let standard { return standard }
            throw missing(part, key)
        }
        guard let flag = member.bool else { throw missing(part, key) }
        return flag
    }

    private func scalar(_ value: JSONValue, _ key: String, _ part: String) throws(TokenizerError) -> UInt32 {
        let scalars = UTF8Scanning.scalars(try bytes(value, key, part))
        guard scalars.count == 1 else { throw missing(part, key) }
        return scalars[0]
    }

    private func elements(_ value: JSONValue, _ key: String, _ part: String) throws(TokenizerError) -> [JSONValue] {
        guard let elements = value[key]?.elements else { throw missing(part, key) }
        return elements
    }

    /// `{"String": …}` or `{"Regex": …}`.
    private func pattern(_ value: JSONValue, _ part: String) throws(TokenizerError) -> SplitPattern {
        guard let pattern = value["pattern"] else { throw missing(part, "pattern") }
        if let text = pattern["String"]?.bytes { return .literal(text) }
        guard let text = pattern["Regex"]?.text else { throw missing(part, "pattern") }
        do {
            return try SplitPattern(regularExpression: text)
        } catch {
            throw TokenizerError("\(source): \(part): \(error)")
        }
    }

    func normalizer(_ value: JSONValue) throws(TokenizerError) -> Normalizer? {
        if value.isNull { return nil }
        let part = "normalizer"
        switch value["type"]?.text {
        case "Sequence":
            var normalizers: [Normalizer] = []
            for element in try elements(value, "normalizers", part) {
                if let normalizer = try normalizer(element) { normalizers.append(normalizer) }
            }
            return .sequence(normalizers)
        case "NFC", "NFD", "NFKC", "NFKD":
            return value["type"]?.text.flatMap(NormalizationForm.init).map { .form($0) }
        case "Prepend": return .prepend(try bytes(value, "prepend", part))
        case "Replace": return .replace(try pattern(value, part), with: try bytes(value, "content", part))
        case "Strip":
            return .strip(left: try flag(value, "strip_left", part), right: try flag(value, "strip_right", part))
        case "StripAccents": return .stripAccents
        case "Lowercase": return .lowercase
        case "Nmt": return .nmt
        case "ByteLevel": return .byteLevel
        case "Precompiled":
            guard let text = value["precompiled_charsmap"]?.bytes, let bytes = Data(base64Encoded: Data(text)),
                let map = CharacterMap(Array(bytes))
            else { throw missing(part, "precompiled_charsmap") }
            return .map(map)
        case "BertNormalizer":
            let lowercases = try flag(value, "lowercase", part)
            let strips = value["strip_accents"]?.isNull == true ? nil : value["strip_accents"]
            return .bert(
                BertNormalizer(
                    cleansText: try flag(value, "clean_text", part),
                    spacesIdeographs: try flag(value, "handle_chinese_chars", part),
                    stripsAccents: strips == nil ? lowercases : try flag(value, "strip_accents", part),
                    lowercases: lowercases))
        default: throw unsupported(part, value)
        }
    }

    func preTokenizer(_ value: JSONValue) throws(TokenizerError) -> [PreTokenizer.Step] {
        if value.isNull { return [] }
        let part = "pre_tokenizer"
        func split(_ pattern: SplitPattern, _ behavior: Split.Behavior) -> PreTokenizer.Step {
            .split(Split(pattern: pattern, behavior: behavior))
        }
        func behavior(default standard: Split.Behavior? = nil) throws(TokenizerError) -> Split.Behavior {
            guard let text = value["behavior"]?.text else {
                if let standard { return standard }
                throw missing(part, "behavior")
            }
            guard let behavior = Split.Behavior(rawValue: text) else { throw missing(part, "behavior") }
            return behavior
        }
        switch value["type"]?.text {
        case "Sequence":
            var steps: [PreTokenizer.Step] = []
            for element in try elements(value, "pretokenizers", part) { steps += try preTokenizer(element) }
            return steps
        case "ByteLevel":
            let prefix: [PreTokenizer.Step] = try flag(value, "add_prefix_space", part) ? [.prefixSpace] : []
            let cut: [PreTokenizer.Step] =
                try flag(value, "use_regex", part, default: true) ? [split(.gpt2, .isolated)] : []
            return prefix + cut + [.byteAlphabet]
        case "Split":
            var step = Split(pattern: try pattern(value, part), behavior: try behavior())
            step.isInverted = try flag(value, "invert", part)
            return [.split(step)]
        case "Digits":
            let isIndividual = try flag(value, "individual_digits", part)
            return [split(.characters(.numeric), isIndividual ? .isolated : .contiguous)]
        case "Punctuation": return [split(.characters(.punctuation), try behavior(default: .isolated))]
        case "Whitespace":
            return [.split(Split(pattern: .words, behavior: .removed, isInverted: true))]
        case "WhitespaceSplit": return [split(.characters(.whiteSpace), .removed)]
        case "CharDelimiterSplit":
            return [split(.characters(.scalar(try scalar(value, "delimiter", part))), .removed)]
        case "BertPreTokenizer":
            return [split(.characters(.whiteSpace), .removed), split(.characters(.punctuation), .isolated)]
        case "Metaspace":
            return [
                .metaspace(
                    mark: try scalar(value, "replacement", part), scheme: try scheme(value, part),
                    cuts: try flag(value, "split", part, default: true))
            ]
        default: throw unsupported(part, value)
        }
    }

    /// Older files have `add_prefix_space` instead of a scheme.
    private func scheme(_ value: JSONValue, _ part: String) throws(TokenizerError) -> PreTokenizer.PrependScheme {
        var scheme = PreTokenizer.PrependScheme.always
        if let text = value["prepend_scheme"]?.text {
            guard let known = PreTokenizer.PrependScheme(rawValue: text) else { throw missing(part, "prepend_scheme") }
            scheme = known
        }
        if value["add_prefix_space"]?.bool == false {
            guard scheme == .never || value["prepend_scheme"] == nil else {
                throw TokenizerError(
                    "\(source): \(part): \"add_prefix_space\" and \"prepend_scheme\" contradict each other")
            }
            scheme = .never
        }
        return scheme
    }

    func decoder(_ value: JSONValue) throws(TokenizerError) -> TokenDecoder {
        var decoder = TokenDecoder()
        var isFused = false
        try append(value, to: &decoder, &isFused)
        return decoder
    }

    private func append(
        _ value: JSONValue, to decoder: inout TokenDecoder, _ isFused: inout Bool
    ) throws(TokenizerError) {
        let part = "decoder"
        if isFused, decoder.endSuffix != nil || !["Fuse", "Strip", "Sequence"].contains(value["type"]?.text) {
            throw unsupported("\(part) after Fuse", value)
        }
        switch value["type"]?.text {
        case "Sequence":
            for element in try elements(value, "decoders", part) { try append(element, to: &decoder, &isFused) }
        case "ByteLevel":
            decoder.steps.append(.byteLevel)
            isFused = true
        case "Fuse": isFused = true
        case "ByteFallback": decoder.steps.append(.byteFallback)
        case "Replace":
            guard case .literal(let old) = try pattern(value, part) else {
                throw unsupported("\(part) by pattern", value)
            }
            decoder.steps.append(.replace(old, with: try bytes(value, "content", part)))
        case "Strip":
            guard let start = value["start"]?.integer, start >= 0 else { throw missing(part, "start") }
            guard value["stop"]?.integer == 0 else { throw unsupported("\(part) at the end of text", value) }
            let content = try bytes(value, "content", part)
            if !isFused {
                decoder.steps.append(.strip(scalar: content, start: start))
            } else if decoder.leadingScalar == nil {
                decoder.leadingScalar = content
                decoder.leadingCount = start
            } else {
                throw unsupported("a second \(part)", value)
            }
        case "Metaspace":
            var mark: [UInt8] = []
            UTF8Scanning.append(try scalar(value, "replacement", part), to: &mark)
            decoder.steps.append(.metaspace(mark: mark, dropsFirst: try scheme(value, part) != .never))
        case "WordPiece":
            decoder.steps.append(
                .wordPiece(prefix: try bytes(value, "prefix", part), cleans: try flag(value, "cleanup", part)))
        case "BPEDecoder":
            decoder.endSuffix = try bytes(value, "suffix", part)
            isFused = true
        default: throw unsupported(part, value)
        }
    }

    /// What is put before and after a text.
    func postProcess(_ value: JSONValue, _ parts: inout SubwordTokenizer.Parts) throws(TokenizerError) {
        let part = "post_processor"
        if value.isNull { return }
        switch value["type"]?.text {
        case "Sequence":
            for element in try elements(value, "processors", part) { try postProcess(element, &parts) }
        case "ByteLevel": break
        case "TemplateProcessing":
            var leading: [Int32] = []
            var trailing: [Int32] = []
            var hasText = false
            for piece in try elements(value, "single", part) {
                if piece["Sequence"] != nil {
                    hasText = true
                } else {
                    guard let name = piece["SpecialToken"]?["id"]?.text,
                        let ids = value["special_tokens"]?[name]?["ids"]?.elements
                    else { throw missing(part, "single") }
                    for id in ids {
                        guard let id = id.integer.flatMap(Int32.init(exactly:)) else { throw missing(part, "ids") }
                        if hasText { trailing.append(id) } else { leading.append(id) }
                    }
                }
            }
            // Several processors wrap each other.
            parts.leadingTokens = leading + parts.leadingTokens
            parts.trailingTokens += trailing
        case "BertProcessing", "RobertaProcessing":
            func id(_ key: String) throws(TokenizerError) -> Int32 {
                guard let pair = value[key]?.elements, pair.count == 2,
                    let id = pair[1].integer.flatMap(Int32.init(exactly:))
                else { throw missing(part, key) }
                return id
            }
            parts.leadingTokens = [try id("cls")] + parts.leadingTokens
            parts.trailingTokens.append(try id("sep"))
        default: throw unsupported(part, value)
        }
    }
}
