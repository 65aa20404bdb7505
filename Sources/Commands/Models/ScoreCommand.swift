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
            those before it, the likeliest next tokens with their logits, and hidden states by layer.

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
        if !(0...1000).contains(top) { throw ValidationError("--top takes 0 to 1000, found \(top)") }
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
        let layers = try layers()
        if let file = lines.jsonl {
            return try answerLines(of: file, known: ["text", "ids"]) { line in
                let ids: [Int32]
                if let given = try line.ids("ids", below: opened.text.tokenizer.vocabularyCount) {
                    ids = given
                } else if let text = try line.string("text") {
                    ids = try options.tokens(text, opened.text.tokenizer).map(\.id)
                } else {
                    throw TextRequestError("neither 'text' nor 'ids'")
                }
                return try answer(ids, layers, opened)
            }
        }
        try show(opened)
    }

    private func answer(
        _ ids: [Int32], _ layers: [(name: String, layer: HiddenLayer)], _ opened: TextModel
    ) throws -> [(String, JSONNode)] {
        let score = try score(ids, layers.map(\.layer), opened)
        var answer: [(String, JSONNode)] = [
            ("ids", .array(ids.map { .int(Int($0)) })), ("nats", .array(score.nats.map { .double($0) })),
            (
                "top",
                .array(
                    score.top.map { candidate in
                        var members = JSONMembers()
                        _ = members.append("id", .int(Int(candidate.token)))
                        _ = members.append("text", .string(opened.text.tokenizer.text(of: candidate.token)))
                        _ = members.append("logit", .double(Double(candidate.logit)))
                        return .object(members)
                    })
            ),
        ]
        if !layers.isEmpty {
            var members = JSONMembers()
            for (name, layer) in layers {
                guard let rows = score.hidden[layer] else {
                    throw TextRequestError("the model has no layer \(name)")
                }
                _ = members.append(name, .array(rows.map { .array($0.map { .double(Double($0)) }) }))
            }
            answer.append(("hidden", .object(members)))
        }
        return answer
    }

    private func score(_ ids: [Int32], _ layers: [HiddenLayer], _ opened: TextModel) throws -> SequenceScore {
        guard !ids.isEmpty else { throw TextRequestError("no tokens to score") }
        try opened.checkLength(ids.count)
        try opened.checkScored(ids.dropFirst())
        var request = ScoreRequest()
        request.topCount = top
        request.hiddenLayers = layers
        request.hiddenPositions = positions == .all ? .all : .last
        func run(_ model: some CausalLanguageModel) -> SequenceScore {
            var state = opened.makeState(model, sequences: 1, capacity: ids.count)
            return LanguageModels.score(model, ids, request, state: &state)
        }
        let score = run(opened.model)
        try opened.check()
        return score
    }

    private func show(_ opened: TextModel) throws {
        let tokenizer = opened.text.tokenizer
        let prompt = try reportingModelErrors { try options.tokens(self.prompt ?? "", tokenizer) }
        let more = try reportingModelErrors {
            try continuation.map { try tokenizer.encode($0, control: options.special.control) } ?? []
        }
        let ids = (prompt + more).map(\.id)
        guard ids.count > 0 else { throw CommandFailure.notFound("the prompt has no tokens") }
        let score = try reportingModelErrors { try self.score(ids, [], opened) }
        let scored = continuation == nil ? score.nats : score.nats.suffix(more.count)
        let sum = scored.reduce(0, +)
        let words = continuation == nil ? "the text" : "the continuation"
        try output(
            "\(words): \(counted(scored.count, "token")), log-probability \(String(format: "%.4f", -sum))"
                + (scored.isEmpty ? "" : String(format: ", perplexity %.3f", exp(sum / Double(scored.count)))))
        if top > 0 {
            try output("")
            let rows = score.top.map { candidate in
                [
                    "\(candidate.token)", String(format: "%.4f", candidate.logit),
                    JSONNode.string(tokenizer.text(of: candidate.token)).text,
                ]
            }
            try output(columns([["id", "logit", "next token"]] + rows), terminator: "")
        }
    }
}
