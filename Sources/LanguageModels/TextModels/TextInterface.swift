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

    /// - Throws: `CheckpointError` or `TokenizerError`.
    package init(_ checkpoint: PretrainedModel.Checkpoint) throws {
        switch checkpoint {
        case .gguf(let file): try self.init(file)
        case .huggingFace(let folder): try self.init(folder)
        }
    }

    /// Of a model without a chat template, whose texts end at the tokenizer's end.
    package init(_ tokenizer: any Tokenizer) {
        self.tokenizer = tokenizer
        chatTemplate = nil
        (beginningText, endText) = ("", "")
        stops = Set([tokenizer.end].compactMap { $0 })
    }

    private init(_ file: GGUFFile) throws {
        let tokenizer = try SubwordTokenizer(file.vocabulary(), source: file.path)
        func text(_ id: Int32?) -> String {
            id.flatMap { tokenizer.text(of: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        self.tokenizer = tokenizer
        chatTemplate = file.value("tokenizer.chat_template")?.string
        beginningText = text(tokenizer.beginning)
        endText = text(tokenizer.end)
        let named = ["eos", "eot", "eom"].compactMap { file.tokenID($0) }
        stops = Set(named).union(Self.turnEnds(tokenizer))
    }

    private init(_ folder: HuggingFaceFolder) throws {
        let files = folder.tokenizer
        guard let path = files.tokenizerJSON else {
            let others = files.others.map { ($0 as NSString).lastPathComponent }
            throw CheckpointError(
                folder.path,
                "no tokenizer.json" + (others.isEmpty ? "" : "; found \(others.joined(separator: ", "))")
                    + ": save the tokenizer again with a current transformers")
        }
        let (beginning, end) = (files.specialToken("bos_token"), files.specialToken("eos_token"))
        let bytes = try readBytes(path)
        let tokenizer = try SubwordTokenizer(tokenizerJSON: bytes, source: path, beginning: beginning, end: end)
        self.tokenizer = tokenizer
        chatTemplate = files.chatTemplates.first?.template
        beginningText = beginning ?? ""
        endText = end ?? ""
        let named = folder.endTokens.compactMap { Int32(exactly: $0) }
        stops = Set(named).union(named.isEmpty ? [tokenizer.end].compactMap { $0 } : [])
    }

    /// Tokens that end a turn, by the names that models give them: GGUF files often know one end alone.
    private static func turnEnds(_ tokenizer: SubwordTokenizer) -> [Int32] {
        [
            "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|end|>",
            "<|eot|>",
        ].compactMap { tokenizer.id(of: $0) }.filter { tokenizer.isControl($0) }
    }
}
