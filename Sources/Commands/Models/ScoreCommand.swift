import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Reports
import Tokenization

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Tell how likely a model finds a text, and what it expects next.",
        discussion: """
            With --jsonl: {"text"} or {"ids"} to {"ids", "nats", "top", "hidden"}: the negative log-likelihood of each token given
            those before it, the likeliest next tokens with their logits, and hidden states by layer. {"prompt", "continuation"}
            gives the same of the continuation alone; {"prompt", "continuations"} to {"scores", "likeliest",
            "likeliest_per_byte"}: of each continuation, and the number of the likeliest, as a whole and by its length; with
            {"answer"}, the number of the right one, also "correct" and "correct_per_byte".

            EXAMPLES
              calm score model.gguf --prompt 'The capital of Malawi is' --top 5
              calm score model.gguf --prompt 'The capital of Malawi is' --continuation ' Lilongwe'
              calm score ./model --jsonl texts.jsonl --hidden 0,15,final --positions last
            """)

    enum Positions: String, ExpressibleByArgument, CaseIterable { case last, all }

    @Argument(help: ArgumentHelp(ModelArgument.help), completion: .file())
    var model: String

    @Option(help: "The text.")
    var prompt: String?

    @Option(help: "Score these words behind the prompt, alone.")
    var continuation: String?

    @Option(help: "Number of likeliest next tokens to show.")
    var top = 0

    @Option(
        help:
            "Layers whose hidden states are wanted: a number of blocks (0: embeddings), or final; separated by commas.")
    var hidden: String?

    @Option(help: "Positions whose hidden states are wanted: last or all.")
    var positions = Positions.last

    @OptionGroup var arithmetic: ArithmeticOptions
    @OptionGroup var options: TextOptions
    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard (prompt == nil) != (lines.jsonl == nil) else {
            throw ValidationError("expected either --prompt or --jsonl")
        }
        if continuation != nil, prompt == nil { throw ValidationError("--continuation needs --prompt") }
        if hidden != nil, prompt != nil { throw ValidationError("--hidden needs --jsonl") }
        if top < 0 { throw ValidationError("--top takes a number from 0, found \(top)") }
        _ = try layers()
    }

    private func layers() throws -> [(name: String, layer: HiddenLayer)] {
        try (hidden ?? "").split(separator: ",").map { name in
            if name == "final" { return ("final", .final) }
            guard let blocks = Int(name), blocks >= 0 else {
                throw ValidationError("--hidden takes numbers of blocks and 'final', found '\(name)'")
            }
            return (String(blocks), .blocks(blocks))
        }
    }

    func run() throws {
        let opened = try ModelArgument.open(model, store, arithmetic)
        var scoring = TextScoring(opened)
        scoring.topCount = top
        scoring.hidden = try layers()
        scoring.hiddenPositions = positions == .all ? .all : .last
        if let file = lines.jsonl {
            let reading = reading
            return try answerLines(of: file, known: ScoreQuestion.fields(of:), answers: TextScoring.fields) { line in
                try scoring.members(scoring.score(ScoreQuestion(line, reading, opened.text)))
            }
        }
        try show(scoring)
    }

    private var reading: ScoreReading {
        var reading = ScoreReading()
        reading.prompt.text = options.reading
        return reading
    }

    private func show(_ scoring: TextScoring) throws {
        let interface = scoring.opened.text
        let score = try reportingModelErrors {
            try scoring.score(ScoreQuestion(prompt ?? "", continuation: continuation, reading, interface))
        }
        guard let scored = score.candidates.first else { return }
        let count = scored.score.nats.count
        let words = continuation == nil ? "the text" : "the continuation"
        try output(
            "\(words): \(counted(count, "token")), log-probability \(String(format: "%.4f", -scored.nats))"
                + (count == 0 ? "" : String(format: ", perplexity %.3f", exp(scored.nats / Double(count)))))
        if top > 0 {
            try output("")
            let rows = scored.score.top.map { candidate in
                [
                    "\(candidate.token)", String(format: "%.4f", candidate.logit),
                    JSONNode.string(interface.tokenizer.text(of: candidate.token)).text,
                ]
            }
            try output(columns([["id", "logit", "next token"]] + rows), terminator: "")
        }
    }
}
