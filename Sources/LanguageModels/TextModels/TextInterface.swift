import Checkpoints
import Foundation
import JSONReading
import Tokenization

/// A model's tokenizer, and what else of its files is about text: chat template and the tokens that end a text. The weights
/// aren't needed for it.
package struct TextInterface: Sendable {
    package let tokenizer: any Tokenizer
    /// The model's own chat template.
    package let chatTemplate: String?
    /// What the template calls them.
    package let beginningText: String
    package let endText: String
    /// Tokens that end a generated text.
    package let stops: Set<Int32>
    /// Number of ids that the model reads, and of those that it may write: its own tables may have rows that the tokenizer
    /// has no tokens for.
    package internal(set) var idCount: Int
    package internal(set) var generatedCount: Int
    /// Of the augmenting models of a composition that reads prompts with them; each puts a prompt in words of its own.
    package var augmenting: [TextInterface] = []

    /// - Throws: `CheckpointError` or `TokenizerError`.
    package init(_ checkpoint: PretrainedModel.Checkpoint) throws {
        switch checkpoint {
        case .gguf(let file): try self.init(file)
        case .huggingFace(let folder): try self.init(folder)
        }
    }

    /// Of a model without a chat template, whose texts end at the tokenizer's end.
    package init(_ tokenizer: any Tokenizer) {
        self.init(tokenizer, stops: Set([tokenizer.end].compactMap { $0 }))
    }

    private init(
        _ tokenizer: any Tokenizer, stops: Set<Int32>, chatTemplate: String? = nil, beginningText: String = "",
        endText: String = ""
    ) {
        self.tokenizer = tokenizer
        self.stops = stops
        self.chatTemplate = chatTemplate
        self.beginningText = beginningText
        self.endText = endText
        (idCount, generatedCount) = (tokenizer.vocabularyCount, tokenizer.generatedCount)
    }

    private init(_ file: GGUFFile) throws {
        // What llama.cpp calls a model that takes ids alone.
        let model = file.value("tokenizer.ggml.model")?.string
        if model == "no_vocab" || model == "none" || model == nil && file.value("tokenizer.ggml.tokens") == nil {
            self.init(NoTokenizer(beginning: file.tokenID("bos"), end: file.tokenID("eos")))
            return
        }
        let tokenizer = try SubwordTokenizer(file.vocabulary(), source: file.path)
        func text(_ id: Int32?) -> String {
            id.flatMap { tokenizer.text(of: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        let named = ["eos", "eot", "eom"].compactMap { file.tokenID($0) }
        self.init(
            tokenizer, stops: Set(named).union(Self.turnEnds(tokenizer)),
            chatTemplate: file.value("tokenizer.chat_template")?.string, beginningText: text(tokenizer.beginning),
            endText: text(tokenizer.end))
    }

    private init(_ folder: HuggingFaceFolder) throws {
        let files = folder.tokenizer
        if files.tokenizerJSON == nil, files.others.isEmpty {
            let ends = folder.endTokens.compactMap { Int32(exactly: $0) }
            self.init(
                NoTokenizer(
                    beginning: folder.configuration["bos_token_id"]?.integer.flatMap { Int32(exactly: $0) },
                    end: ends.first), stops: Set(ends))
            return
        }
        guard let path = files.tokenizerJSON else {
            let others = files.others.map { ($0 as NSString).lastPathComponent }
            throw CheckpointError(
                folder.path,
                "no tokenizer.json; found \(others.joined(separator: ", "))"
                    + ": save the tokenizer again with a current transformers")
        }
        let (beginning, end) = (files.specialToken("bos_token"), files.specialToken("eos_token"))
        let bytes = try readBytes(path)
        let tokenizer = try SubwordTokenizer(tokenizerJSON: bytes, source: path, beginning: beginning, end: end)
        let named = folder.endTokens.compactMap { Int32(exactly: $0) }
        self.init(
            tokenizer, stops: Set(named).union(named.isEmpty ? [tokenizer.end].compactMap { $0 } : []),
            chatTemplate: files.chatTemplates.first?.template, beginningText: beginning ?? "", endText: end ?? "")
    }

    /// Tokens that end a turn, by the names that models give them: GGUF files often know one end alone.
    private static func turnEnds(_ tokenizer: SubwordTokenizer) -> [Int32] {
        [
            "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|end|>",
            "<|eot|>",
        ].compactMap { tokenizer.id(of: $0) }.filter { tokenizer.isControl($0) }
    }
}
