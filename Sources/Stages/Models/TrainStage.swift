import Artifacts
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// `model.train`: trains a decoder on a token corpus, from scratch or from an initial model.
package enum TrainStage: TaskReadingKind, NumericKind {
    /// Weights that training starts from.
    package enum StartingWeights: String, CaseIterable, Sendable {
        case random
    }

    package enum Positions: String, CaseIterable, Sendable { case rotary, learned }

    package struct Parameters: TrainingStageParameters {
        var layers = 2
        var width = 64
        var heads = 4
        var hiddenWidth: Int?
        var positions = Positions.rotary
        var rotaryBase = 10_000.0
        var maximumPositions = 256
        var embeddingDeviation = 0.5
        var readOnlyDeviation = 0.5
        var lowRank: Int?
        var startingWeights: StartingWeights?
        package var training = TrainingParameters()

        package init() {}

        package static let fields: [ParameterField<Self>] =
            [
                .int("layers", \.layers, in: 1...256, "Decoder blocks"),
                .int("width", \.width, in: 2...16_384, "Width of the residual stream"),
                .int("heads", \.heads, in: 1...256, "Attention heads; they divide the width"),
                .optionalInt("hidden-width", \.hiddenWidth, in: 1...65_536, "Width of the MLP; null for 4 × width"),
                .choice("positions", \.positions, "How a token's place enters the model"),
                .double("rotary-base", \.rotaryBase, in: 1.001...1e9, "Base of rotary positions"),
                .int(
                    "maximum-positions", \.maximumPositions, in: 1...1_000_000, "How many learned positions there are"),
                .double(
                    "embedding-deviation", \.embeddingDeviation, in: 0.000_001...10,
                    "Standard deviation of the initial embeddings of tokens that may be generated"),
                .double(
                    "read-only-deviation", \.readOnlyDeviation, in: 0...10,
                    "The same for tokens that are only read, never generated"),
                .optionalInt(
                    "low-rank", \.lowRank, in: 1...4_096,
                    "Rank of trained updates (LoRA) to the matrices of `initial`, which is frozen; null to train all of it"
                ),
                ParameterField.optionalChoice(
                    "starting-weights", \.startingWeights,
                    "Null for those of `initial`; random, of its shape alone: with 0 steps an augmenting model that knows nothing, as a control"
                ).leftOutIfNull,
            ] + ParameterField.training

        package func configuration(vocabulary: Int, generated: Int) -> DecoderConfiguration {
            DecoderConfiguration(
                vocabulary: vocabulary, outputVocabulary: generated, width: width, layers: layers, heads: heads,
                hiddenWidth: hiddenWidth,
                positions: positions == .rotary
                    ? .rotary(base: Float(rotaryBase)) : .learned(maximum: maximumPositions),
                embeddingDeviation: Float(embeddingDeviation), readOnlyDeviation: Float(readOnlyDeviation))
        }
    }

    package static let name = "model.train"
    package static let version = 2
    package static let summary = "A decoder trained on a token corpus"
    package static let metrics: [MetricDeclaration]? =
        trainingMetrics + [
            MetricDeclaration("parameters", "How many parameters the model has"),
            MetricDeclaration("trained-parameters", "How many parameters there were while it was trained"),
        ]

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("corpus", [.tokenCorpus], "what it learns"),
            InputRole(
                "initial", [.model, .pretrainedModel], .optional,
                "the model that training starts from; its shape is kept"),
            InputRole("validation", [.tokenCorpus], .optional, "what it is evaluated on while it learns"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole(
                "model", .model,
                "configuration, weights and tokenizer; of an imported `initial` also its family and its files about text"
            ),
            OutputRole("curve", .figure, "the loss of each step"),
        ]
    }

    package static func cores(_ parameters: Parameters) -> CoreDemand {
        .upTo(TrainingOptions.mostShards)
    }

    package static func plan(
        _ parameters: Parameters, inputs: [String: [Facts]], tasks: TaskRegistry
    ) throws -> [String: Facts] {
        try parameters.training.check(hasValidation: !(inputs["validation"] ?? []).isEmpty)
        if parameters.lowRank != nil, (inputs["initial"] ?? []).isEmpty {
            throw PlanningError(
                parameter: "low-rank", "low-rank updates are of an initial model: give the input `initial`")
        }
        if parameters.startingWeights != nil, (inputs["initial"] ?? []).isEmpty {
            throw PlanningError(
                parameter: "starting-weights", "without the input `initial` weights are random; leave it out")
        }
        if parameters.training.precision == .frozenBFloat16, parameters.lowRank == nil {
            throw PlanningError(parameter: "precision", "here no weight is frozen: float32 or bfloat16")
        }
        if let initial = inputs["initial"]?.first { return ["model": initial] }
        do {
            try parameters.configuration(vocabulary: 2, generated: 1).validate()
        } catch {
            throw PlanningError(parameter: "heads", error.message)
        }
        let shape: Facts = ["layers": parameters.layers, "width": parameters.width, "heads": parameters.heads]
        return ["model": tasks.passedOn(inputs["corpus"]?.first ?? [:]).merging(shape) { $1 }]
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let corpus = try TrainingCorpus(context.input("corpus"), tasks: tasks)
        let start = try context.inputs("initial").first
        let seed = UInt64(parameters.training.seed)
        var source: PretrainedModel?
        var origin: ModelOrigin?
        func initial() throws -> Decoder {
            if let start {
                let found = try Self.initial(start, corpus, tasks)
                (source, origin) = (found.source, found.origin)
                return parameters.startingWeights == .random
                    ? try Decoder(found.decoder.configuration, seed: seed) : found.decoder
            }
            return try Decoder(
                parameters.configuration(
                    vocabulary: corpus.tokens.vocabulary, generated: corpus.tokenizer.generatedCount), seed: seed)
        }
        let model: Decoder
        let curve: Data
        if let rank = parameters.lowRank {
            let trained = try train(corpus, parameters, context) {
                AdaptedDecoder(try initial(), rank: rank, seed: seed)
            }
            (model, curve) = (trained.model.merged, trained.curve)
        } else {
            (model, curve) = try train(corpus, parameters, context) { try initial().trainable }
        }
        // Nothing is kept of weights that changed, or couldn't be read, while they were mapped.
        if let source { try reportingBadInput("the initial model") { try source.check() } }
        context.metric("parameters", Double(model.parameters.count))
        try context.write(
            "model", metadata: ["parameters": .int(model.parameters.count)],
            members: try StoredModel.members(model, tokenizer: corpus.tokenizerMembers, origin: origin))
        try context.write("curve", members: [("loss.tsv", curve)])
    }

    /// The decoder of a model of our own or from outside, whose weights then stay in the files of `source`, and what is kept of
    /// one from outside.
    private static func initial(
        _ artifact: Artifact, _ corpus: TrainingCorpus, _ tasks: TaskRegistry
    ) throws -> (decoder: Decoder, source: PretrainedModel?, origin: ModelOrigin?) {
        let (decoder, tokenizer): (Decoder, any Tokenizer)
        var source: PretrainedModel?
        let origin: ModelOrigin?
        if artifact.manifest.type == .pretrainedModel {
            let model = try ImportedModel.open(artifact)
            guard let pretrained = model.pretrained else { preconditionFailure("an imported model is pretrained") }
            (decoder, tokenizer) = (pretrained.decoder, model.text.tokenizer)
            source = pretrained
            origin = try reportingBadInput("the initial model") { try ModelOrigin(of: pretrained) }
        } else {
            let stored = try StoredModel(artifact, tasks: tasks)
            (decoder, tokenizer, origin) = (stored.decoder, stored.tokenizer, stored.origin)
        }
        guard tokenizer.digest == corpus.tokenizer.digest else {
            throw StageFailure(
                .badInput,
                "the initial model and the corpus have different tokenizers; tokenize the corpus with the model's, by the input "
                    + "tokenizer of corpus.tokenize")
        }
        guard decoder.configuration.vocabulary >= tokenizer.vocabularyCount else {
            throw StageFailure(
                .badInput,
                "the initial model has \(decoder.configuration.vocabulary) tokens, its tokenizer "
                    + "\(tokenizer.vocabularyCount); expected no fewer")
        }
        return (decoder, source, origin)
    }

    private static func train<Model: CausalLanguageModel>(
        _ corpus: TrainingCorpus, _ parameters: Parameters, _ context: StageContext, _ make: () throws -> Model
    ) throws -> (model: Model, curve: Data) {
        let options = parameters.training.options(sequences: corpus.tokens.count)
        var training = Training<Model>(corpus: corpus.tokens, options: options, context: context)
        training.validation = { try corpus.validation(context, for: $0, options: options) }
        let trained = try training(make)
        context.metric("trained-parameters", Double(trained.model.parameters.count))
        return trained
    }
}
