/// The section `model` of `tokenizer.json`.
struct ModelSection {
    private var type: String?
    private var vocabulary: Vocabulary?
    private var scores: [Double] = []
    private var isList = false
    private var merges: Merges?
    private var settings: [(String, JSONValue)] = []

    static func read(_ reader: inout JSONReader) throws(TokenizerError) -> ModelSection {
        var section = ModelSection()
        /// Where the merges begin: they are read once the vocabulary is.
        var mergesPlace: Int?
        try reader.readObject { (reader, key) throws(TokenizerError) in
            switch String(decoding: key, as: UTF8.self) {
            case "vocab":
                if reader.peek() == UInt8(ascii: "[") {
                    try section.readScoredVocabulary(&reader)
                } else {
                    try section.readVocabulary(&reader)
                }
                section.merges = nil
            case "merges":
                _ = reader.peek()
                mergesPlace = reader.index
                if section.vocabulary == nil {
                    try reader.skipValue()
                } else {
                    try section.readMerges(&reader)
                }
            case let name: section.settings.append((name, try reader.readValue()))
            }
        }
        if let mergesPlace, section.vocabulary != nil, section.merges == nil {
            let end = reader.index
            reader.rewind(to: mergesPlace)
            try section.readMerges(&reader)
            reader.rewind(to: end)
        }
        return section
    }

    private mutating func readVocabulary(_ reader: inout JSONReader) throws(TokenizerError) {
        var vocabulary = Vocabulary(capacity: 1 << 15)
        try reader.readObject { (reader, key) throws(TokenizerError) in
            _ = reader.peek()
            let place = reader.index
            let id = try reader.readInteger()
            guard id >= 0, id < 4 * vocabulary.count + 1_000_000 else {
                throw reader.error("the id \(id) is out of range", at: place)
            }
            if let other = vocabulary.text(id), !other.elementsEqual(key) {
                throw reader.error(
                    "the id \(id) is that of '\(String(decoding: other, as: UTF8.self))' too", at: place)
            }
            key.withUnsafeBufferPointer { vocabulary.insert($0, id: id) }
        }
        self.vocabulary = vocabulary
        isList = false
    }

    private mutating func readScoredVocabulary(_ reader: inout JSONReader) throws(TokenizerError) {
        var vocabulary = Vocabulary(capacity: 1 << 15)
        var scores: [Double] = []
        var text: [UInt8] = []
        try reader.readArray { (reader) throws(TokenizerError) in
            var column = 0
            try reader.readArray { (reader) throws(TokenizerError) in
                switch column {
                case 0:
                    text.removeAll(keepingCapacity: true)
                    try reader.readString(into: &text)
                case 1: scores.append(try reader.readScore())
                default: throw reader.error("expected a text and a score")
                }
                column += 1
            }
            guard column == 2 else { throw reader.error("expected a text and a score") }
            text.withUnsafeBufferPointer { vocabulary.append($0) }
        }
        self.vocabulary = vocabulary
        self.scores = scores
        isList = true
    }

    /// Merges as `["a", "b"]` or, as older files have them, `"a b"`.
    private mutating func readMerges(_ reader: inout JSONReader) throws(TokenizerError) {
        guard let vocabulary else { return }
        let prefix = settings.last { $0.0 == "continuing_subword_prefix" }?.1.bytes ?? []
        var builder = MergesBuilder(vocabulary, prefix: prefix, capacity: vocabulary.count * 2)
        var left: [UInt8] = []
        var right: [UInt8] = []
        try reader.readArray { (reader) throws(TokenizerError) in
            left.removeAll(keepingCapacity: true)
            right.removeAll(keepingCapacity: true)
            let isPair = reader.peek() == UInt8(ascii: "[")
            let place = reader.index
            if isPair {
                try Self.readPair(&reader, &left, &right)
            } else {
                try reader.readString(into: &left)
                if left.starts(with: "#version".utf8) { return }
                guard let space = left.firstIndex(of: 0x20), left.lastIndex(of: 0x20) == space else {
                    throw reader.error("expected two tokens with one space between them", at: place)
                }
                right += left[(space + 1)...]
                left.removeSubrange(space...)
            }
            do throws(MergesBuilder.Missing) {
                try builder.append(left, right, place: place)
            } catch {
                throw Self.error(error, reader)
            }
        }
        do throws(MergesBuilder.Missing) {
            merges = try builder.finish()
        } catch {
            throw Self.error(error, reader)
        }
    }

    private static func readPair(
        _ reader: inout JSONReader, _ left: inout [UInt8], _ right: inout [UInt8]
    ) throws(TokenizerError) {
        let place = reader.index
        var column = 0
        try reader.readArray { (reader) throws(TokenizerError) in
            switch column {
            case 0: try reader.readString(into: &left)
            case 1: try reader.readString(into: &right)
            default: throw reader.error("expected two tokens")
            }
            column += 1
        }
        guard column == 2 else { throw reader.error("expected two tokens", at: place) }
    }

    private static func error(_ missing: MergesBuilder.Missing, _ reader: JSONReader) -> TokenizerError {
        reader.error(
            "the merge needs '\(String(decoding: missing.text, as: UTF8.self))', which isn't in the vocabulary",
            at: missing.place)
    }

    private func setting(_ key: String) -> JSONValue? {
        let value = settings.last { $0.0.utf8.elementsEqual(key.utf8) }?.1
        return value?.isNull == true ? nil : value
    }

    private func flag(_ key: String, _ source: String) throws(TokenizerError) -> Bool {
        guard let value = setting(key) else { return false }
        guard let flag = value.bool else { throw TokenizerError("\(source): model.\(key): expected true or false") }
        return flag
    }

    func model(_ source: String) throws(TokenizerError) -> SubwordTokenizer.Model {
        guard let vocabulary else { throw TokenizerError("\(source): model: there is no \"vocab\"") }
        // Files older than the type's name have either merges or scores.
        let type = setting("type")?.text ?? (isList ? "Unigram" : merges != nil ? "BPE" : "of no type")
        switch type {
        case "BPE":
            guard let merges, !isList else {
                throw TokenizerError("\(source): model: BPE needs \"vocab\" as an object, and \"merges\"")
            }
            if case .number(let dropout)? = setting("dropout"), dropout > 0 {
                throw TokenizerError(
                    "\(source): model.dropout is \(dropout), by which encoding is random; set it to null")
            }
            var options = BytePairModel.Options()
            options.unknown = setting("unk_token")?.bytes
            options.fusesUnknown = try flag("fuse_unk", source)
            options.fallsBackToBytes = try flag("byte_fallback", source)
            options.ignoresMerges = try flag("ignore_merges", source)
            options.continuingPrefix = setting("continuing_subword_prefix")?.bytes ?? []
            options.endSuffix = setting("end_of_word_suffix")?.bytes ?? []
            return .bytePair(vocabulary: vocabulary, merges: merges, options)
        case "Unigram":
            guard isList else { throw TokenizerError("\(source): model: Unigram needs \"vocab\" as an array") }
            var unknown: Int32?
            if let value = setting("unk_id") {
                guard let id = value.integer, id >= 0, id < vocabulary.idCount else {
                    throw TokenizerError("\(source): model.unk_id: expected an id of the vocabulary")
                }
                unknown = Int32(id)
            }
            return .unigram(
                vocabulary: vocabulary, scores: scores, unknown: unknown,
                fallsBackToBytes: try flag("byte_fallback", source))
        case "WordPiece":
            guard !isList else { throw TokenizerError("\(source): model: WordPiece needs \"vocab\" as an object") }
            var options = WordPieceModel.Options()
            if let unknown = setting("unk_token") {
                guard let bytes = unknown.bytes else {
                    throw TokenizerError("\(source): model.unk_token: expected a text")
                }
                options.unknown = bytes
            }
            if let prefix = setting("continuing_subword_prefix") {
                guard let bytes = prefix.bytes else {
                    throw TokenizerError("\(source): model.continuing_subword_prefix: expected a text")
                }
                options.continuingPrefix = bytes
            }
            if let longest = setting("max_input_chars_per_word") {
                guard let count = longest.integer, count >= 0 else {
                    throw TokenizerError(
                        "\(source): model.max_input_chars_per_word: expected a number that isn't negative")
                }
                options.longestWord = count
            }
            return .wordPiece(vocabulary: vocabulary, options)
        default:
            throw TokenizerError("\(source): a model '\(type)' isn't supported; BPE, Unigram and WordPiece are")
        }
    }
}
