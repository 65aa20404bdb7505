import Checkpoints
import Foundation
import JSONReading
import Tokenization

/// The keys of a GGUF file that are about text.
package struct GGUFText: Sendable {
    package private(set) var keys: [(key: String, value: GGUFExport.Value)] = []
    /// What is different there.
    package private(set) var notes: [String] = []

    init() {}

    /// A tokenizer of `tokenizer.json`, for a model of `count` ids.
    ///
    /// - Throws: `TokenizerError` naming the part that GGUF has no form for.
    package init(
        tokenizerJSON bytes: [UInt8], source: String = "tokenizer.json", beginning: String?, end: String?, count: Int
    ) throws(TokenizerError) {
        let conversion = try GGUFVocabulary.converting(
            tokenizerJSON: bytes, source: source, beginning: beginning, end: end, count: count)
        let vocabulary = conversion.vocabulary
        notes = conversion.notes
        set("model", .string(vocabulary.model))
        set("pre", .string(vocabulary.preTokenizer ?? "default"))
        set("tokens", .strings((0..<vocabulary.tokens.count).map { Array(vocabulary.tokens[$0]) }))
        if !vocabulary.scores.isEmpty { set("scores", .float32s(vocabulary.scores)) }
        set("token_type", .int32s(vocabulary.kinds))
        if vocabulary.merges.count > 0 {
            set("merges", .strings((0..<vocabulary.merges.count).map { Array(vocabulary.merges[$0]) }))
        }
        setID("bos", vocabulary.beginning.map(Int.init))
        setID("eos", vocabulary.end.map(Int.init))
        setID("unknown", vocabulary.unknown.map(Int.init))
        if let flag = vocabulary.addsBeginning { set("add_bos_token", .bool(flag)) }
        if let flag = vocabulary.addsEnd { set("add_eos_token", .bool(flag)) }
        if let flag = vocabulary.addsSpacePrefix { set("add_space_prefix", .bool(flag)) }
    }

    private mutating func set(_ key: String, _ value: GGUFExport.Value) {
        keys.append(("tokenizer.ggml.\(key)", value))
    }

    mutating func setID(_ name: String, _ id: Int?) {
        if let id, let id = UInt32(exactly: id) { set("\(name)_token_id", .uint32(id)) }
    }

    mutating func setChatTemplate(_ template: String) { keys.append(("tokenizer.chat_template", .string(template))) }

    /// No tokenizer: the model takes ids alone.
    mutating func setNone(beginning: Int?, end: Int?) {
        set("model", .string("no_vocab"))
        setID("bos", beginning)
        setID("eos", end)
    }

    mutating func note(_ text: String) { notes.append(text) }
}

extension HuggingFaceFolder {
    /// What of the folder's files is about text, as the keys of a GGUF file.
    ///
    /// - Throws: `TokenizerError` naming the part that GGUF has no form for, `CheckpointError`.
    func ggufText(count: Int) throws -> GGUFText {
        guard let path = tokenizer.tokenizerJSON else {
            var text = GGUFText()
            text.setNone(beginning: configuration["bos_token_id"]?.integer, end: endTokens.first)
            text.note(
                tokenizer.others.isEmpty
                    ? "the model has no tokenizer, so the file has none either"
                    : "without a tokenizer.json no tokenizer is written: save it again with a current transformers")
            return text
        }
        let bytes = try readBytes(path)
        let end = tokenizer.specialToken("eos_token")
        var text = try GGUFText(
            tokenizerJSON: bytes, source: path, beginning: tokenizer.specialToken("bos_token"), end: end, count: count)
        let own = try SubwordTokenizer(tokenizerJSON: bytes, source: path, end: end)
        if let pad = tokenizer.specialToken("pad_token") { text.setID("padding", own.id(of: pad).map(Int.init)) }
        let others = endTokens.filter { $0 != own.end.map(Int.init) }
        for (name, id) in zip(own.end == nil ? ["eos", "eot", "eom"] : ["eot", "eom"], others) { text.setID(name, id) }
        if let template = tokenizer.chatTemplates.first?.template { text.setChatTemplate(template) }
        return text
    }

    /// The files that are about text, as they are.
    func tokenizerFiles() throws -> [(name: String, bytes: [UInt8])] {
        let names = [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
            "chat_template.jinja", "chat_template.json",
        ]
        let paths = names.map { path + "/" + $0 }.filter { FileManager.default.fileExists(atPath: $0) }
        return try (paths + tokenizer.others).map { (($0 as NSString).lastPathComponent, try readBytes($0)) }
    }
}
