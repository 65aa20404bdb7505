import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Tokenization

struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize",
        abstract: "Turn token ids back into text.",
        discussion: """
            With --jsonl: {"ids"} to {"text", "bytes"}. The bytes are hexadecimal; in the text, what isn't UTF-8 is replaced.

            EXAMPLES
              calm detokenize model.gguf 19556 905
              calm detokenize ./model --jsonl ids.jsonl
            """)

    @Argument(help: ArgumentHelp(ModelArgument.help), completion: .file())
    var model: String

    @Argument(help: "Token ids.")
    var ids: [Int] = []

    @Flag(help: "Leave control tokens out of the text.")
    var skipSpecial = false

    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    func run() throws {
        let tokenizer = try ModelArgument.text(model, store).tokenizer
        if let file = lines.jsonl {
            return try answerLines(of: file, known: ["ids"], answers: ["text", "bytes"]) { line in
                guard let ids = try line.ids("ids", below: tokenizer.vocabularyCount) else {
                    throw TextRequestError("no 'ids'")
                }
                let bytes = tokenizer.decode(ids, keepingControl: !skipSpecial)
                return [
                    ("text", .string(String(decoding: bytes, as: UTF8.self))),
                    ("bytes", .string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())),
                ]
            }
        }
        for id in ids where !(0..<tokenizer.vocabularyCount).contains(id) {
            throw CommandFailure.notFound(
                "\(id) is not a token id; they run from 0 to \(tokenizer.vocabularyCount - 1)")
        }
        let bytes = tokenizer.decode(ids.map(Int32.init), keepingControl: !skipSpecial)
        try output(raw: Data(bytes + [0x0A]))
    }
}
