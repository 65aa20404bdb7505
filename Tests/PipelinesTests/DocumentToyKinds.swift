import Artifacts
import Foundation
import Pipelines

/// Small stage kinds for documents: none of them runs.
enum Toy {
    static let registry = StageRegistry([Corpus.self, Train.self, Evaluate.self, Command.self])

    struct Unrunnable: Error {}

    struct Corpus: StageKind {
        enum Mode: String, CaseIterable, Sendable { case fast, thorough }
        struct Parameters: StageParameters {
            var count = 10
            var seed = 0
            var label = "none"
            var ratio = 0.5
            var shuffle = false
            var mode = Mode.fast
            var limit: Int?
            var tags = JSONValue.array([])
            var layers = JSONValue.string("all")
            static let fields: [ParameterField<Self>] = [
                .int("count", \.count, in: 1...1000, "How many pairs"),
                .int("seed", \.seed, in: Int.min...Int.max, "Seed"),
                .string("label", \.label, "A label"),
                .double("ratio", \.ratio, in: 0...1, "Share held out"),
                .bool("shuffle", \.shuffle, "Shuffle"),
                .choice("mode", \.mode, "How"),
                .optionalInt("limit", \.limit, in: 1...5, "Limit"),
                .json("tags", \.tags, .list(of: .string), "Tags"),
                .json("layers", \.layers, .either([.choice(["all", "none"]), .list(of: .int(0...9))]), "Layers"),
            ]
        }
        static let name = "toy.corpus"
        static let version = 1
        static let summary = "Pairs"
        static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
        static func outputs(_ parameters: Parameters) -> [OutputRole] {
            [OutputRole("pairs", .dataset, "Pairs"), OutputRole("words", .tokenizer, "Words")]
        }
        static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
            ["pairs": ["count": parameters.count]]
        }
        static func run(_ parameters: Parameters, _ context: StageContext) throws { throw Unrunnable() }
    }

    struct Train: StageKind {
        struct Parameters: StageParameters {
            var steps = 1
            var batch = 1
            static let fields: [ParameterField<Self>] = [
                .int("steps", \.steps, in: 1...100, required: true, "Steps"),
                .int("batch", \.batch, in: 1...Int.max, "Examples in a step"),
            ]
        }
        static let name = "toy.train"
        static let version = 2
        static let summary = "A model"
        static func inputs(_ parameters: Parameters) -> [InputRole] {
            [
                InputRole("corpus", [.dataset, .file], "What to learn"),
                InputRole("initial", [.model], .optional, "Where to start"),
            ]
        }
        static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("model", .model, "The model")] }
        static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
            if let count = inputs["corpus"]?.first?["count"], parameters.batch > count {
                throw PlanningError(
                    parameter: "batch", "expected at most \(count), the size of the corpus, found \(parameters.batch)")
            }
            if parameters.steps == 99 { throw PlanningError("99 steps bring bad luck") }
            return ["model": ["steps": parameters.steps]]
        }
        static func run(_ parameters: Parameters, _ context: StageContext) throws { throw Unrunnable() }
    }

    struct Evaluate: StageKind {
        struct Parameters: StageParameters {
            static let fields: [ParameterField<Self>] = []
        }
        static let name = "toy.evaluate"
        static let version = 1
        static let summary = "Scores"
        static func inputs(_ parameters: Parameters) -> [InputRole] {
            [
                InputRole("model", [.model, .composition], .many, "Who answers"),
                InputRole("dataset", [.dataset], "What is asked"),
                InputRole("excluding", [.dataset], .any, "What is left out"),
            ]
        }
        static func outputs(_ parameters: Parameters) -> [OutputRole] { [OutputRole("scores", .metrics, "Scores")] }
        static func plan(_ parameters: Parameters, inputs: [String: [Facts]]) throws -> [String: Facts] {
            let steps = (inputs["model"] ?? []).compactMap { $0["steps"] }
            guard steps == steps.sorted() else { throw PlanningError("steps fall: \(steps)") }
            return [:]
        }
        static func run(_ parameters: Parameters, _ context: StageContext) throws { throw Unrunnable() }
    }

    struct Command: StageKind {
        struct Parameters: StageParameters {
            var arguments = JSONValue.array([])
            var out = JSONValue.object([:])
            static let fields: [ParameterField<Self>] = [
                .json("arguments", \.arguments, .list(of: .string), required: true, "Program and arguments"),
                .json("out", \.out, .map(of: .string), "Output roles and files"),
            ]
        }
        static let name = "toy.command"
        static let version = 1
        static let summary = "Any program"
        static let acceptsOtherInputs = true
        static func inputs(_ parameters: Parameters) -> [InputRole] { [] }
        static func outputs(_ parameters: Parameters) -> [OutputRole] {
            guard case .object(let out) = parameters.out else { return [] }
            return out.keys.sorted().map { OutputRole($0, .file, "A file") }
        }
        static func run(_ parameters: Parameters, _ context: StageContext) throws { throw Unrunnable() }
    }

    static func load(_ text: String, overrides: [String: String] = [:]) throws -> ResolvedPipeline {
        try PipelineLoader().load(text: text, name: "p.yaml", registry: registry, overrides: overrides)
    }

    /// `line:column: message` of everything wrong, or nothing.
    static func mistakes(_ text: String, overrides: [String: String] = [:]) -> [String] {
        do throws(PipelineDiagnostics) {
            _ = try PipelineLoader().load(text: text, name: "p.yaml", registry: registry, overrides: overrides)
            return []
        } catch {
            return error.diagnostics.map {
                "\($0.location): \($0.message)".replacing("p.yaml:", with: "")
            }
        }
    }
}
