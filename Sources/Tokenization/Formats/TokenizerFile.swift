/// Reads `tokenizer.json`, the file of Hugging Face `tokenizers`.
///
/// What is written counts, even where it looks like a mistake: a model was trained with it. A part that can't be
/// honoured is an error.
struct TokenizerFile {
    private var model: ModelSection?
    private var normalizer: JSONValue?
    private var preTokenizer: JSONValue?
    private var postProcessor: JSONValue?
    private var decoder: JSONValue?
    private var addedTokens: [JSONValue] = []
    private let source: String

    /// - Parameter source: the name of the file, for messages.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, source: String) throws(TokenizerError)
        -> SubwordTokenizer.Parts
    {
        if let place = UTF8Validity.firstInvalid(bytes) {
            throw TokenizerError("\(source): byte \(place) isn't UTF-8")
        }
        var file = TokenizerFile(source: source)
        var reader = JSONReader(bytes, source: source)
        try reader.readObject { (reader, key) throws(TokenizerError) in
            switch String(decoding: key, as: UTF8.self) {
            case "version":
                let version = try reader.readValue()
                guard version.text == "1.0" else { throw reader.error("found another version, expected \"1.0\"") }
            case "added_tokens":
                let value = try reader.readValue()
                guard let tokens = value.elements else { throw reader.error("added_tokens: expected an array") }
                file.addedTokens = tokens
            case "normalizer": file.normalizer = try reader.readValue()
            case "pre_tokenizer": file.preTokenizer = try reader.readValue()
            case "post_processor": file.postProcessor = try reader.readValue()
            case "decoder": file.decoder = try reader.readValue()
            case "model": file.model = try ModelSection.read(&reader)
            default: try reader.skipValue()
            }
        }
        try reader.expectEnd()
        return try file.parts()
    }

    private init(source: String) { self.source = source }

    private func parts() throws(TokenizerError) -> SubwordTokenizer.Parts {
        guard let model else { throw TokenizerError("\(source): there is no \"model\"") }
        let components = TokenizerComponents(source: source)
        var parts = SubwordTokenizer.Parts(model: try model.model(source))
        parts.normalizer = try normalizer.flatMap { value throws(TokenizerError) in try components.normalizer(value) }
        parts.preTokenizer = try preTokenizer.flatMap { value throws(TokenizerError) in
            let steps = try components.preTokenizer(value)
            return steps.isEmpty ? nil : PreTokenizer(steps: steps)
        }
        if let decoder, !decoder.isNull { parts.decoder = try components.decoder(decoder) }
        parts.addedTokens = try added(to: parts.model)
        if let postProcessor { try components.postProcess(postProcessor, &parts) }
        return parts
    }

    /// Added tokens get the ids of the vocabulary; those that it doesn't have are counted on from its end.
    private func added(to model: SubwordTokenizer.Model) throws(TokenizerError) -> [AddedToken] {
        let vocabulary = model.vocabulary
        var tokens: [AddedToken] = []
        // A list counts texts that it has twice; an object can't.
        var next = if case .unigram = model { vocabulary.idCount } else { vocabulary.count }
        var known: [[UInt8]: Int32] = [:]
        for (index, value) in addedTokens.enumerated() {
            guard let content = value["content"]?.bytes, value["id"]?.integer != nil else {
                throw TokenizerError(
                    "\(source): added_tokens[\(index)]: expected an object with \"id\" and \"content\"")
            }
            if content.isEmpty { continue }
            func flag(_ key: String) throws(TokenizerError) -> Bool {
                guard let value = value[key]?.bool else {
                    throw TokenizerError("\(source): added_tokens[\(index)]: expected \"\(key)\" to be true or false")
                }
                return value
            }
            let id: Int32
            if let present = known[content] ?? vocabulary.id(content).map(Int32.init) {
                id = present
            } else {
                id = Int32(next)
                next += 1
            }
            known[content] = id
            var token = AddedToken(id: id, content: content)
            token.isSingleWord = try flag("single_word")
            token.stripsLeft = try flag("lstrip")
            token.stripsRight = try flag("rstrip")
            token.isNormalized = try flag("normalized")
            token.isControl = try flag("special")
            tokens.append(token)
        }
        return tokens
    }
}

extension SubwordTokenizer {
    /// Reads `tokenizer.json`.
    ///
    /// - Parameters:
    ///   - source: the name of the file, for messages.
    ///   - beginning: the token that begins a text, if the file doesn't say; likewise `end`.
    package convenience init(
        tokenizerJSON bytes: [UInt8], source: String = "tokenizer.json", beginning: String? = nil, end: String? = nil
    ) throws(TokenizerError) {
        try self.init(Self.parts(tokenizerJSON: bytes, source: source, beginning: beginning, end: end))
    }

    /// The parts of a tokenizer, likewise.
    static func parts(
        tokenizerJSON bytes: [UInt8], source: String, beginning: String?, end: String?
    ) throws(TokenizerError) -> Parts {
        var parts = try bytes.withUnsafeBufferPointer { buffer throws(TokenizerError) in
            try TokenizerFile.read(buffer, source: source)
        }
        func id(_ text: String?) -> Int32? {
            guard let bytes = text.map({ Array($0.utf8) }) else { return nil }
            return parts.addedTokens.last { $0.content == bytes }?.id
                ?? parts.model.vocabulary.id(bytes).map(Int32.init)
        }
        parts.beginning = id(beginning)
        parts.end = id(end)
        return parts
    }
}
