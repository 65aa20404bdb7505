import JSONReading
import Tokenization

/// What an object of a JSONL file asks to be scored: a text (`text` or `ids`), or continuations of a prompt (`prompt` or
/// `messages`, with `continuation` or a list of `continuations`).
package struct ScoreQuestion: Sendable {
    package enum Form: Sendable { case text, continuation, continuations }

    /// A sequence that the model reads.
    struct Candidate: Sendable {
        let ids: [Int32]
        /// Index of the first token that is scored.
        let firstScored: Int
        /// Length of the text that is scored; 0 if ids were given instead.
        let bytes: Int
        /// What stands before a continuation.
        var prompt: TextPrompt?
    }

    package let form: Form
    /// Index of the right continuation, if the object says it.
    package let answer: Int?
    let candidates: [Candidate]

    /// The fields of an object that are read, and that the answer takes the place of.
    package static func fields(of object: JSONMembers) -> Set<String> {
        func has(_ name: String) -> Bool { object[name].map { !$0.isNull } ?? false }
        return has("ids") || has("text")
            ? ["text", "ids"] : ["prompt", "augmenting-prompt", "messages", "tools", "continuation", "continuations"]
    }

    /// How many leading tokens all candidates have in common, without the one that their first scored token follows.
    var sharedCount: Int {
        guard let first = candidates.first else { return 0 }
        var count = candidates.map { $0.firstScored - 1 }.min() ?? 0
        for candidate in candidates.dropFirst() {
            count = min(count, zip(first.ids, candidate.ids).prefix { $0 == $1 }.count)
        }
        return count
    }

    /// - Throws: `TextRequestError` or `TokenizerError`.
    package init(_ line: JSONLine, _ reading: ScoreReading, _ interface: TextInterface) throws {
        if let ids = try line.ids("ids", below: interface.idCount) {
            self.init(ids, bytes: 0)
        } else if let text = try line.string("text") {
            try self.init(text, reading, interface)
        } else {
            try self.init(continuationsOf: line, reading, interface)
        }
    }

    /// A text, or a continuation of it.
    package init(
        _ text: String, continuation: String?, _ reading: ScoreReading, _ interface: TextInterface
    ) throws {
        if let continuation {
            let prompt = ScoredPrompt(text, reading)
            self.init(
                .continuation, [try prompt.candidate(continuation, named: "the continuation", interface.tokenizer)])
        } else {
            try self.init(text, reading, interface)
        }
    }

    private init(_ text: String, _ reading: ScoreReading, _ interface: TextInterface) throws {
        let ids = try reading.prompt.text.tokens(text, interface.tokenizer).map(\.id)
        self.init(ids, bytes: text.utf8.count)
    }

    private init(_ ids: [Int32], bytes: Int) {
        self.init(.text, [Candidate(ids: ids, firstScored: 1, bytes: bytes)])
    }

    private init(_ form: Form, _ candidates: [Candidate], answer: Int? = nil) {
        self.form = form
        self.candidates = candidates
        self.answer = answer
    }

    private init(continuationsOf line: JSONLine, _ reading: ScoreReading, _ interface: TextInterface) throws {
        guard line.object["prompt"] != nil || line.object["messages"] != nil else {
            throw TextRequestError("none of 'text', 'ids', 'prompt' and 'messages'")
        }
        let prompt = try ScoredPrompt(line, reading, interface)
        if let list = line.object["continuations"], !list.isNull {
            guard let elements = list.elements, !elements.isEmpty else {
                throw TextRequestError(
                    "'continuations': \(list.elements == nil ? list.kind : "an empty list"), expected a list of strings"
                )
            }
            if line.object["continuation"] != nil {
                throw TextRequestError("both 'continuation' and 'continuations', expected one of them")
            }
            let candidates = try elements.enumerated().map { index, element in
                guard let text = element.string else {
                    throw TextRequestError("'continuations'[\(index)]: \(element.kind), expected a string")
                }
                return try prompt.candidate(text, named: "'continuations'[\(index)]", interface.tokenizer)
            }
            self.init(.continuations, candidates, answer: try Self.answer(line, below: candidates.count))
        } else if let text = try line.string("continuation") {
            self.init(.continuation, [try prompt.candidate(text, named: "'continuation'", interface.tokenizer)])
        } else {
            throw TextRequestError("a prompt without 'continuation' or 'continuations'")
        }
    }

    private static func answer(_ line: JSONLine, below count: Int) throws -> Int? {
        guard let value = line.object["answer"], !value.isNull else { return nil }
        guard let index = value.integer, (0..<count).contains(index) else {
            throw TextRequestError(
                "'answer': \(value.text), expected the number of a continuation from 0 to \(count - 1)")
        }
        return index
    }
}

/// How texts, prompts and their continuations become tokens.
package struct ScoreReading: Sendable {
    package var prompt = PromptReading()
    /// Text between a prompt and its continuations.
    package var delimiter = ""

    package init() {}
}

/// A prompt whose continuations are scored.
private struct ScoredPrompt {
    private enum Source {
        /// Is read as one text with its continuation, as it is when a model goes on.
        case text(String)
        /// Ends with a token of its own, such as the beginning of a turn.
        case chat(TextPrompt)
    }

    private let source: Source
    private let reading: ScoreReading

    init(_ text: String, _ reading: ScoreReading) {
        source = .text(text)
        self.reading = reading
    }

    init(_ line: JSONLine, _ reading: ScoreReading, _ interface: TextInterface) throws {
        self.reading = reading
        if !reading.prompt.isChat, line.object["messages"] == nil, line.object["augmenting-prompt"] == nil,
            let text = try line.string("prompt")
        {
            source = .text(text)
        } else {
            source = .chat(try reading.prompt.prompt(of: line, interface))
        }
    }

    /// The tokens of the prompt with a continuation, of which those are scored that reach into the continuation or into white
    /// space before it: where a prompt ends with a space, the next token usually begins with it.
    func candidate(
        _ continuation: String, named name: String, _ tokenizer: any Tokenizer
    ) throws -> ScoreQuestion.Candidate {
        guard !continuation.isEmpty else { throw TextRequestError("\(name): an empty text, expected some to score") }
        let text = reading.prompt.text
        var ids: [Int32]
        var first: Int
        switch source {
        case .text(let prompt):
            let tokens = try text.tokens(prompt + reading.delimiter + continuation, tokenizer)
            let boundary = String(prompt.reversed().drop(while: \.isWhitespace).reversed()).utf8.count
            ids = tokens.map(\.id)
            first = tokens.firstIndex { $0.end > boundary } ?? tokens.count
        case .chat(let prompt):
            let tokens = try tokenizer.encode(reading.delimiter + continuation, control: text.control)
            ids = prompt.ids + tokens.map(\.id)
            first = prompt.ids.count
        }
        guard first < ids.count else { throw TextRequestError("\(name): no tokens to score") }
        if first == 0 {
            // Something must come before the first scored token.
            guard let begin = tokenizer.beginning ?? tokenizer.end else {
                throw TextRequestError(
                    "the prompt has no tokens, and the tokenizer has none that begins a text; expected a prompt")
            }
            ids.insert(begin, at: 0)
            first = 1
        }
        var own: [[Int32]?] = []
        if case .chat(let prompt) = source { own = prompt.own }
        return ScoreQuestion.Candidate(
            ids: ids, firstScored: first, bytes: continuation.utf8.count,
            prompt: TextPrompt(Array(ids.prefix(first)), own: own))
    }
}
