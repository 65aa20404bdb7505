import ArgumentParser
import Foundation
import JSONReading
import LanguageModels
import Tokenization

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Let a model continue prompts.",
        discussion: """
            With --jsonl: {"prompt"}, {"ids"} or {"messages"} to {"text", "ids", "finish", "seconds"}.

            EXAMPLES
              calm generate anchor --prompt '12+400-33='
              calm generate composed --prompt 'pwc+enz-ndmt='
              calm generate ./SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt 'Name three rivers in Malawi.'
              calm generate ./Qwen2.5-0.5B --prompt 'def fib(n):' --tokens 200 --temperature 0.7 --top-p 0.9
            """)

    @Argument(help: ArgumentHelp(ModelArgument.help), completion: .custom(Completion.references))
    var model: String

    @Option(help: "A prompt; several may be given. Without any, each line of standard input is one.")
    var prompt: [String] = []

    @Flag(help: "Read each prompt as a user's message, in the words of the model's chat template.")
    var chat = false

    @Option(help: "With --chat: a message of the system in front.")
    var system: String?

    @Option(
        help:
            "Number of prompts that are continued at once (default: 1; without --jsonl, 64 for a model that calm made itself)."
    )
    var batch: Int?

    @OptionGroup(title: "Generation options") var options: GenerationOptions
    @OptionGroup(title: "Arithmetic") var arithmetic: ArithmeticOptions
    @OptionGroup var text: TextOptions
    @OptionGroup var lines: JSONLinesOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if !prompt.isEmpty, lines.jsonl != nil { throw ValidationError("--prompt and --jsonl can't be given together") }
        if system != nil, !chat { throw ValidationError("--system needs --chat") }
        if let batch, !(1...1024).contains(batch) { throw ValidationError("--batch takes 1 to 1024, found \(batch)") }
    }

    func run() throws {
        let opened = try ModelArgument.open(model, store, arithmetic)
        let generation = TextGeneration(opened, options.settings) { Interrupt.isMade.load(ordering: .relaxed) }
        Interrupt.listen()
        if let file = lines.jsonl {
            try answerLines(file, generation)
        } else {
            try answerPrompts(generation)
        }
        if Interrupt.isMade.load(ordering: .relaxed) { throw CommandFailure("", exitCode: 130) }
    }

    private func answerPrompts(_ generation: TextGeneration) throws {
        let prompts = prompt.isEmpty ? Array(sequence(state: ()) { _ in readLine() }) : prompt
        let opened = generation.opened
        // All of them first: a mistake in the last prompt is known at once.
        let asked = try reportingModelErrors { try prompts.map { try reading.prompt(of: $0, opened.text) } }
        let size = batch ?? (opened.isPretrained ? 1 : 64)
        var rows: [JSONNode] = []
        for first in stride(from: 0, to: asked.count, by: size) {
            let part = first..<min(first + size, asked.count)
            let streams = part.count == 1 && !json
            if streams, !chat { try output(raw: Data(prompts[first].utf8)) }
            let answer = try reportingModelErrors {
                try generation.run(Array(asked[part]), numbers: Array(part)) { _, text in
                    if streams { try output(raw: Data(text.utf8)) }
                }
            }
            for (prompt, result) in zip(prompts[part], answer.results) {
                if json {
                    rows.append(row(prompt, result, answer.times, opened))
                } else {
                    try output(raw: Data(((streams ? "" : (chat ? "" : prompt) + result.text) + "\n").utf8))
                }
            }
            if Interrupt.isMade.load(ordering: .relaxed) { break }
        }
        if json { try output(raw: Data((JSONNode.array(rows).text + "\n").utf8)) }
    }

    private func row(
        _ prompt: String, _ result: TextGeneration.Result, _ times: GenerationTimes, _ opened: TextModel
    ) -> JSONNode {
        var members = JSONMembers()
        _ = members.append("prompt", .string(prompt))
        if !opened.isPretrained, options.logprobs == nil {
            // What `calm generate` has always written for models that it trained.
            _ = members.append("answer", .string(result.text))
            return .object(members)
        }
        for (name, value) in result.members(opened.text.tokenizer, seconds: (opened.loadSeconds, times)) {
            _ = members.append(name, value)
        }
        return .object(members)
    }

    private var reading: PromptReading {
        var reading = PromptReading()
        reading.text = text.reading
        reading.isChat = chat
        reading.system = system
        return reading
    }

    private func answerLines(_ file: String, _ generation: TextGeneration) throws {
        let interface = generation.opened.text
        let reading = reading
        try Commands.answerLines(
            of: file, known: PromptReading.fields(of:), answers: TextGeneration.Result.fields, batch: batch ?? 1
        ) { lines, first in
            // A prompt that can't be continued is no other's fault.
            let prompts = lines.map { line in
                Result {
                    let prompt = try reading.prompt(of: line, interface)
                    try generation.check(prompt.ids)
                    return prompt
                }
            }
            let good = prompts.indices.filter { (try? prompts[$0].get()) != nil }
            guard !good.isEmpty else { return prompts.map { prompt in prompt.map { _ in [] } } }
            let answer = try generation.run(
                good.compactMap { try? prompts[$0].get() }, numbers: good.map { first + $0 })
            var results = answer.results.makeIterator()
            return prompts.map { prompt in
                prompt.map { _ in
                    results.next()?.members(
                        interface.tokenizer, seconds: (generation.opened.loadSeconds, answer.times)) ?? []
                }
            }
        }
    }
}
