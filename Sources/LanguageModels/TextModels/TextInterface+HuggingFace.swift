import Checkpoints
import JSONReading
import Tokenization

extension TextInterface {
    /// What a GGUF file says of its text, as the files of a Hugging Face folder; empty if it has no tokenizer.
    ///
    /// - Throws: `TokenizerError` with what these have no form for, `CheckpointError`.
    func huggingFaceFiles(_ file: GGUFFile) throws -> [(name: String, bytes: [UInt8])] {
        guard !(tokenizer is NoTokenizer) else { return [] }
        let vocabulary = try file.vocabulary()
        var configuration: JSONMembers = [
            "clean_up_tokenization_spaces": .bool(false), "tokenizer_class": .string("PreTrainedTokenizerFast"),
        ]
        for (key, id) in [
            ("bos_token", vocabulary.beginning), ("eos_token", vocabulary.end), ("unk_token", vocabulary.unknown),
            ("pad_token", file.tokenID("padding")),
        ] {
            if let id, Int(id) < vocabulary.tokens.count {
                _ = configuration.append(
                    key, .string(String(decoding: vocabulary.tokens[Int(id)], as: UTF8.self)))
            }
        }
        if let length = file.value("\(file.value("general.architecture")?.string ?? "").context_length")?.integer {
            _ = configuration.append("model_max_length", .int(length))
        }
        if let chatTemplate { _ = configuration.append("chat_template", .string(chatTemplate)) }
        var generation: JSONMembers = [:]
        if let beginning = vocabulary.beginning { _ = generation.append("bos_token_id", .int(Int(beginning))) }
        let end = vocabulary.end.map { [$0] } ?? []
        let ends = end + stops.subtracting(end).sorted()
        if !ends.isEmpty { _ = generation.append("eos_token_id", .array(ends.map { .int(Int($0)) })) }
        func text(_ members: JSONMembers) -> [UInt8] { Array((JSONNode.object(members).indentedText() + "\n").utf8) }
        return [
            ("tokenizer.json", try vocabulary.tokenizerJSON(source: file.path)),
            ("tokenizer_config.json", text(configuration)), ("generation_config.json", text(generation)),
        ]
    }
}
