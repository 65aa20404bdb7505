/// What a GGUF file says of a tokenizer: its keys `tokenizer.ggml.…`.
package struct GGUFVocabulary: Sendable {
    /// The kind of a token, as GGUF numbers them.
    package enum Kind: Int32, Sendable {
        case normal = 1
        case unknown
        case control
        case userDefined
        case unused
        case byte
    }

    /// `tokenizer.ggml.model`: `gpt2` or `llama`.
    package var model: String
    /// `tokenizer.ggml.pre`: how text is cut before byte-level BPE.
    package var preTokenizer: String?
    package var tokens: ByteStrings
    /// One a token, or none.
    package var scores: [Float] = []
    /// `token_type`: one a token, or none.
    package var kinds: [Int32] = []
    /// Two tokens with a space between them, in order of rank.
    package var merges = ByteStrings()
    package var beginning: Int32?
    package var end: Int32?
    package var unknown: Int32?
    /// `add_bos_token`, `add_eos_token` and `add_space_prefix`; nil if they are absent.
    package var addsBeginning: Bool?
    package var addsEnd: Bool?
    package var addsSpacePrefix: Bool?

    package init(model: String, tokens: ByteStrings) {
        self.model = model
        self.tokens = tokens
    }

    func kind(_ id: Int) -> Kind { kinds.isEmpty ? .normal : Kind(rawValue: kinds[id]) ?? .normal }

    /// Checks that what belongs together is of one length, and ids are of the vocabulary.
    func validate(_ source: String) throws(TokenizerError) {
        func fail(_ key: String, _ found: String, _ expected: String) -> TokenizerError {
            TokenizerError("\(source): tokenizer.ggml.\(key): found \(found), expected \(expected)")
        }
        if tokens.count == 0 { throw fail("tokens", "none", "a vocabulary") }
        if tokens.bytes.count > Int(UInt32.max) {
            throw fail("tokens", "\(tokens.bytes.count) bytes", "less than 4 GiB")
        }
        if !scores.isEmpty, scores.count != tokens.count {
            throw fail("scores", "\(scores.count)", "\(tokens.count), as there are tokens")
        }
        if let index = scores.firstIndex(where: { $0.isNaN }) { throw fail("scores[\(index)]", "NaN", "a number") }
        if !kinds.isEmpty, kinds.count != tokens.count {
            throw fail("token_type", "\(kinds.count)", "\(tokens.count), as there are tokens")
        }
        for (key, id) in [("bos", beginning), ("eos", end), ("unknown", unknown)] {
            if let id, id < 0 || Int(id) >= tokens.count {
                throw fail("\(key)_token_id", "\(id)", "an id below \(tokens.count)")
            }
        }
        let invalid = tokens.bytes.withUnsafeBufferPointer { UTF8Validity.firstInvalid($0) }
        if let invalid, let token = tokens.ends.firstIndex(where: { $0 > invalid }) {
            throw fail("tokens[\(token)]", "bytes that aren't UTF-8", "UTF-8")
        }
        // Each by itself too: a character may not be cut.
        for index in 0..<tokens.count where tokens[index].first.map({ $0 & 0xC0 == 0x80 }) ?? false {
            throw fail("tokens[\(index)]", "bytes that aren't UTF-8", "UTF-8")
        }
    }

    var vocabulary: Vocabulary {
        var vocabulary = Vocabulary(capacity: tokens.count)
        tokens.bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<tokens.count {
                vocabulary.append(UnsafeBufferPointer(rebasing: bytes[tokens.range(index)]))
            }
        }
        return vocabulary
    }

    /// The tokens that are cut out of text, as `tokenizer.json` would have them.
    func addedTokens(_ text: (Int) -> [UInt8]) -> [AddedToken] {
        var added: [AddedToken] = []
        for id in 0..<tokens.count {
            let kind = kind(id)
            guard kind == .control || kind == .userDefined || kind == .unknown, !tokens[id].isEmpty else { continue }
            var token = AddedToken(id: Int32(id), content: text(id))
            token.isControl = kind != .userDefined
            added.append(token)
        }
        return added
    }
}

extension SubwordTokenizer {
    /// A tokenizer as a GGUF file has it, configured as the `tokenizer.json` of its family is.
    ///
    /// - Parameter source: the name of the file, for messages.
    package convenience init(_ file: GGUFVocabulary, source: String = "GGUF") throws(TokenizerError) {
        try file.validate(source)
        switch file.model {
        case "gpt2": try self.init(GGUFByteLevel.parts(file, source))
        case "llama": try self.init(GGUFSentencePiece.parts(file, source))
        default:
            throw TokenizerError(
                "\(source): tokenizer.ggml.model '\(file.model)' isn't supported; gpt2 and llama are")
        }
    }
}

extension GGUFVocabulary {
    /// Puts the beginning and end of texts into the parts of a tokenizer.
    func frame(_ parts: inout SubwordTokenizer.Parts, addsBeginning standard: Bool) {
        parts.beginning = beginning
        parts.end = end
        if addsBeginning ?? standard, let beginning { parts.leadingTokens = [beginning] }
        if addsEnd ?? false, let end { parts.trailingTokens = [end] }
        parts.hiddenIDs = (0..<tokens.count).filter { kind($0) == .unused }.map { Int32($0) }
    }
}
