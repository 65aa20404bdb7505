import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import JSONReading
import LanguageModels
import Pipelines
import Stages
import Tasks
import Tokenization

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Let a model continue prompts.",
        discussion: """
            The model is a stage's output or an artifact in the store, a .gguf file, or a folder with config.json. Models that calm
            trained take the likeliest token; --chat, sampling and --jsonl are for the others.

            With --jsonl: {"prompt"}, {"ids"} or {"messages"} to {"text", "ids", "finish", "seconds"}.

            EXAMPLES
              calm generate anchor --prompt '12+400-33='
              calm generate composed --prompt 'pwc+enz-ndmt='
              calm generate ./SmolLM2-135M-Instruct.Q4_1.gguf --chat --prompt 'Name three rivers in Malawi.'
              calm generate ./Qwen2.5-0.5B --prompt 'def fib(n):' --tokens 200 --temperature 0.7 --top-p 0.9
            """)

    @Argument(
        help: "A stage's model or composition, an artifact, a .gguf file, or a folder with config.json.",
        completion: .custom(Completion.references))
    var model: String

    @Option(help: "A prompt; several may be given. Without any, each line of standard input is one.")
    var prompt: [String] = []

    @Flag(help: "Read each prompt as a user's message, in the words of the model's chat template.")
    var chat = false

    @Option(help: "With --chat: a message of the system in front.")
    var system: String?

    @Option(help: "With --jsonl: number of prompts that are continued at once.")
    var batch = 1

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
        if !(1...1024).contains(batch) { throw ValidationError("--batch takes 1 to 1024, found \(batch)") }
    }

    func run() throws {
        var path = model
        if !ModelArgument.isPath(model) {
            let store = try store.open()
            let catalogue = try Catalogue(store: store)
            let digest = try Reference(model, in: catalogue, withOutputs: true)
                .artifact(of: [.model, .composition, .pretrainedModel], in: catalogue, store: store)
            let type = try store.manifest(digest).type
            guard type == .pretrainedModel else {
                try checkOptions(of: type)
                return try continueStored(Artifact(digest, in: store))
            }
            path = try ModelArgument.path(of: digest, in: store)
        }
        let opened = try ModelArgument.open(path, store, arithmetic)
        let generation = TextGeneration(opened, options.settings) { Interrupt.isMade.load(ordering: .relaxed) }
        Interrupt.listen()
        if let file = lines.jsonl {
            try answerLines(file, generation)
        } else {
            try answerPrompts(generation)
        }
        if Interrupt.isMade.load(ordering: .relaxed) { throw CommandFailure("", exitCode: 130) }
    }

    // MARK: Models from outside

    private func answerPrompts(_ generation: TextGeneration) throws {
        let prompts = prompt.isEmpty ? Array(sequence(state: ()) { _ in readLine() }) : prompt
        let tokenizer = generation.opened.text.tokenizer
        var rows: [JSONNode] = []
        for (index, prompt) in prompts.enumerated() {
            let ids = try reportingModelErrors { try reading.tokens(of: prompt, generation.opened.text) }
            if !json, !chat { try output(raw: Data(prompt.utf8)) }
            let answer = try reportingModelErrors {
                try generation.run([ids], first: index) { _, text in
                    if !json { try output(raw: Data(text.utf8)) }
                }
            }
            if json {
                var members = JSONMembers()
                _ = members.append("prompt", .string(prompt))
                let answers = answer.results[0].members(
                    tokenizer, seconds: (generation.opened.loadSeconds, answer.times))
                for (name, value) in answers { _ = members.append(name, value) }
                rows.append(.object(members))
            } else {
                try output(raw: Data("\n".utf8))
            }
            if Interrupt.isMade.load(ordering: .relaxed) { break }
        }
        if json { try output(raw: Data((JSONNode.array(rows).text + "\n").utf8)) }
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
        try Commands.answerLines(of: file, known: PromptReading.fields, batch: batch) { lines, first in
            let prompts = lines.map { line in Result { try reading.tokens(of: line, interface) } }
            let good = prompts.compactMap { try? $0.get() }
            let answer = try generation.run(good, first: first)
            var results = answer.results.makeIterator()
            return prompts.map { prompt in
                prompt.map { _ in
                    results.next()?.members(
                        interface.tokenizer, seconds: (generation.opened.loadSeconds, answer.times)) ?? []
                }
            }
        }
    }

    // MARK: Stored models

    private func checkOptions(of type: ArtifactType) throws {
        if chat || lines.jsonl != nil || options.sampling != GreedyOptions.sampling || !options.stop.isEmpty
            || options.logprobs != nil
        {
            throw ValidationError(
                "--chat, --jsonl and sampling need a .gguf file, a folder with config.json or an imported model; '\(model)' is a \(type.rawValue)"
            )
        }
    }

    private func continueStored(_ artifact: Artifact) throws {
        let prompts = prompt.isEmpty ? Array(sequence(state: ()) { _ in readLine() }) : prompt
        _ = try numericEnvironment()
        let answering = try AnsweringModel(artifact, tasks: .builtIn)
        let answers = try answering.answers(to: prompts, maximum: options.tokens)
        if json {
            let rows = zip(prompts, answers).map {
                JSONValue.object(["prompt": .string($0), "answer": .string($1)])
            }
            try output(json: JSONValue.array(rows))
        } else {
            for (prompt, answer) in zip(prompts, answers) { try output(raw: Data((prompt + answer + "\n").utf8)) }
        }
    }
}

/// What is asked for if no option of sampling is given.
private enum GreedyOptions {
    static let sampling: SamplingOptions = {
        var options = SamplingOptions()
        options.temperature = 0
        return options
    }()
}
