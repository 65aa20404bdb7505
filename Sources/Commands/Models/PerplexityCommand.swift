import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Reports
import Tokenization

struct PerplexityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perplexity",
        abstract: "Measure how well a model predicts text.",
        discussion: """
            Text longer than the window is read in windows that overlap; of each, the tokens are scored that are new in it. The first
            token of a text is scored only behind another: the one that the model's tokenizer adds, or --prefix.

            With --jsonl: {"text"} to {"tokens", "bytes", "nats", "bits_per_byte"}: tokens that were scored, bytes of the text.

            EXAMPLES
              calm perplexity model.gguf --file book.txt
              calm perplexity ./model --jsonl texts.jsonl --prefix 0
            """)

    @Argument(help: ArgumentHelp(ModelArgument.help), completion: .file())
    var model: String

    @Option(help: "The text file; - reads standard input.", completion: .file())
    var file: String?

    @Option(help: "Id of a token to put in front of each text, in place of the one that the tokenizer adds.")
    var prefix: Int?

    @Option(help: "Tokens read at once, at most as many as the model was made for (default: these, up to 2048).")
    var window: Int?

    @Option(help: "Tokens by which windows move on (default: half a window).")
    var stride: Int?

    @Flag(help: "Write JSON.")
    var json = false

    @OptionGroup var arithmetic: ArithmeticOptions
    @OptionGroup var options: TextOptions
    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard (file == nil) != (lines.jsonl == nil) else { throw ValidationError("expected either --file or --jsonl") }
        if let window, window < 2 { throw ValidationError("--window takes at least 2, found \(window)") }
        if let stride, stride < 1 { throw ValidationError("--stride takes at least 1, found \(stride)") }
    }

    func run() throws {
        let opened = try ModelArgument.open(model, store, arithmetic)
        if let jsonl = lines.jsonl {
            return try answerLines(of: jsonl, known: ["text"], answers: ["tokens", "bytes", "nats", "bits_per_byte"]) {
                line in
                guard let text = try line.string("text") else { throw TextRequestError("no 'text'") }
                return try measured(text, opened).members
            }
        }
        let path = file ?? "-"
        let data = try read(path)
        let result = try reportingModelErrors { try measured(String(decoding: data, as: UTF8.self), opened) }
        if json {
            var members = JSONMembers()
            for (name, value) in result.members { _ = members.append(name, value) }
            return try output(raw: Data((JSONNode.object(members).text + "\n").utf8))
        }
        try output(
            String(
                format: "%d tokens of %d bytes: perplexity %.4f, %.4f bits per byte", result.tokens, result.bytes,
                result.perplexity, result.bitsPerByte))
    }

    private func read(_ path: String) throws -> Data {
        if path == "-" { return FileHandle.standardInput.readDataToEndOfFile() }
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CommandFailure.notFound("\(path): the file can't be read")
        }
    }

    private func measured(_ text: String, _ opened: TextModel) throws -> TextPerplexity {
        let tokenizer = opened.text.tokenizer
        var ids = try tokenizer.encode(text, control: options.special.control).map(\.id)
        if let prefix {
            guard (0..<opened.text.idCount).contains(prefix) else {
                throw TextRequestError(
                    "--prefix: \(prefix) is not a token id; they run from 0 to \(opened.text.idCount - 1)")
            }
            ids = [Int32(prefix)] + ids
        } else if options.bos == .auto {
            ids = tokenizer.leadingTokens + ids
        }
        return try TextPerplexity(ids, bytes: text.utf8.count, opened, window: window, stride: stride)
    }
}

extension TextPerplexity {
    fileprivate var members: [(String, JSONNode)] {
        [
            ("tokens", .int(tokens)), ("bytes", .int(bytes)), ("nats", .double(nats)),
            ("bits_per_byte", .double(bitsPerByte)),
        ]
    }
}
