import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Tokenization

struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Cut text into a model's tokens.",
        discussion: """
            Writes a token a line: its id, the byte at which it ends, and its text. With --jsonl: {"text"} to {"ids", "ends"}.

            EXAMPLES
              calm tokenize model.gguf --text 'Hello world'
              calm tokenize ./model --jsonl texts.jsonl --special text
            """)

    @Argument(help: ArgumentHelp(ModelArgument.help), completion: .file())
    var model: String

    @Option(help: "The text; without it, standard input is read.")
    var text: String?

    @OptionGroup var options: TextOptions
    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        if text != nil, lines.jsonl != nil { throw ValidationError("--text and --jsonl can't be given together") }
    }

    func run() throws {
        let tokenizer = try ModelArgument.text(model, store).tokenizer
        if let file = lines.jsonl {
            return try answerLines(of: file, known: ["text"], answers: ["ids", "ends"]) { line in
                guard let text = try line.string("text") else { throw TextRequestError("no 'text'") }
                let tokens = try options.tokens(text, tokenizer)
                return [
                    ("ids", .array(tokens.map { .int(Int($0.id)) })), ("ends", .array(tokens.map { .int($0.end) })),
                ]
            }
        }
        let text = text ?? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        let tokens = try reportingModelErrors { try options.tokens(text, tokenizer) }
        let rows = tokens.map { token in
            ["\(token.id)", "\(token.end)", JSONNode.string(tokenizer.text(of: token.id)).text]
        }
        try output(columns(rows), terminator: "")
    }
}
