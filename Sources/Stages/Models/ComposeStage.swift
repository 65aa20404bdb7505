import Artifacts
import Composition
import Foundation
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// `model.compose`: joins a frozen anchor and frozen augmenting models by trained connections.
package enum ComposeStage: TaskReadingKind, NumericKind {
    package enum Preset: String, CaseIterable, Sendable {
        /// Normalised inputs and rotary positions in the cross-attention.
        case calm
        /// Neither, as CALM's authors write it.
        case paper
    }

    /// How the cross-attentions' W_O starts.
    package enum OutputStart: String, CaseIterable, Sendable {
        /// The untrained composition is the anchor.
        case zero
        /// Like any other matrix.
        case normal
    }

    /// Whether the frozen models' activations over the corpus are kept.
    package enum ActivationUse: String, CaseIterable, Sendable {
        /// If this training reads sequences often enough for it to pay.
        case auto
        /// Also if it doesn't: other compositions of the same models, taps and corpus will.
        case always
        case never
    }

    package struct Parameters: TrainingStageParameters {
        var preset = Preset.calm
        var connections: JSONValue = .string("every-4th")
        var heads: Int?
        var rotaryBase = 10_000.0
        var mask = CrossMask.causal
        var outputStart = OutputStart.zero
        var acts: Acting?
        var openChunk: OpenChunk?
        var anchorPrefix: String?
        var dropout = 0.0
        var frozenActivations = ActivationUse.auto
        var frozenActivationsLimit = 2_048
        package var training = TrainingParameters()

        package init() {}

        package static let fields: [ParameterField<Self>] =
            [
                .choice("preset", \.preset, "calm: normalised inputs and rotary positions; paper: neither"),
                .json(
                    "connections", \.connections,
                    .either([
                        .choice(["every-4th"]), .map(of: .int(1...256)), .list(of: .list(of: .int(0...255))),
                    ]),
                    "every-4th, {every-nth: n}, {uniform: n}, {middle: n}, {last: n}, or pairs [augmenting block, anchor block]"
                ),
                .optionalInt("heads", \.heads, in: 1...256, "Heads of the cross-attention; null for the anchor's"),
                .double("rotary-base", \.rotaryBase, in: 1.001...1e9, "Base of the cross-attention's rotary positions"),
                .choice(
                    "mask", \.mask,
                    "States of m_A that a position sees: causal; prompt, of these the prompt's (m_A as an encoder); none, all"
                ),
                .choice("output-start", \.outputStart, "W_O: zero, so that training begins at the anchor; or normal"),
                ParameterField.optionalChoice(
                    "acts", \.acts,
                    "Positions that the connections act at: everywhere; after-prompt, from a prompt's last token on, where models may read prompts of their own. Null for everywhere"
                ).leftOutIfNull,
                ParameterField.optionalChoice(
                    "open-chunk", \.openChunk,
                    "States of an m_A with another tokenizer over a word that may go on: provisional, as if the text ended there; hidden, none. Null for provisional"
                ).leftOutIfNull,
                ParameterField.optionalString(
                    "anchor-prefix", \.anchorPrefix,
                    "Text that the anchor alone reads before every other, such as a few examples of a task; null for none"
                ).leftOutIfNull,
                .double("dropout", \.dropout, in: 0...0.9, "Share of the connections' inputs dropped in training"),
                .choice(
                    "frozen-activations", \.frozenActivations,
                    "Compute the frozen models once over the corpus: auto if they are read often enough, always, never"),
                .int(
                    "frozen-activations-limit", \.frozenActivationsLimit, in: 0...1_000_000,
                    "MiB of disk that kept activations may take; if one corpus needs more, none are kept for it"),
            ] + ParameterField.training

        /// A function of parameters, models and corpus alone: kept activations may differ from a batch's own in the last
        /// bit.
        func keepsActivations(of model: ComposedModel, over corpus: TokenCorpus) -> Bool {
            switch frozenActivations {
            case .always: true
            case .never: false
            case .auto:
                model.keepingActivationsPays(
                    epochs: training.epochs ?? Double(training.steps) * Double(training.batch) / Double(corpus.count))
            }
        }

        /// The anchor's prefix as its tokens, with those that it expects before every text; nil for none.
        func prefix(_ tokenizer: any Tokenizer) throws -> [Int32]? {
            guard let text = anchorPrefix, !text.isEmpty else { return nil }
            return try reportingBadInput("parameter 'anchor-prefix'") {
                tokenizer.leadingTokens + (try tokenizer.encode(text).map(\.id))
            }
        }

        /// - Throws: `PlanningError` if the value is none of the forms.
        func choice() throws -> ConnectionChoice {
            switch connections {
            case .string: return .every4th
            case .object(let members):
                guard members.count == 1, let (name, value) = members.first, case .int(let count) = value else { break }
                switch name {
                case "every-nth": return .everyNth(count)
                case "uniform": return .uniform(count)
                case "middle": return .middle(count)
                case "last": return .last(count)
                default: break
                }
            case .array(let pairs):
                let connections = pairs.compactMap { pair -> Connection? in
                    guard case .array(let ends) = pair, ends.count == 2, case .int(let augmenting) = ends[0],
                        case .int(let anchor) = ends[1]
                    else { return nil }
                    return Connection(augmenting: augmenting, anchor: anchor)
                }
                if connections.count == pairs.count { return .pairs(connections) }
            default: break
            }
            throw PlanningError(
                parameter: "connections",
                "expected every-4th, {every-nth: n}, {uniform: n}, {middle: n}, {last: n} or a list of pairs "
                    + "[augmenting block, anchor block], found \(connections.canonical)")
        }
    }

    package static let name = "model.compose"
    package static let version = 4
    package static let summary = "A composition of frozen models by trained connections (CALM §3.1)"
    package static let metrics: [MetricDeclaration]? =
        trainingMetrics + [
            MetricDeclaration("parameters", "How many parameters the composition adds to its anchor"),
            MetricDeclaration("parameters-by-formula", "The same by the formula of CALM's Appendix C.1"),
            MetricDeclaration("anchor-parameters", "How many parameters the anchor has"),
            MetricDeclaration("anchor-parameters-by-formula", "The same by CALM's formula"),
            MetricDeclaration(
                "fine-tuning-operations-per-token", unit: "floating-point operations",
                "What a token would cost in training the anchor itself"),
            MetricDeclaration(
                "alignment.<m_A>.tokens-per-token",
                "Tokens that an m_A with another tokenizer reads for one of the anchor's"),
            MetricDeclaration(
                "alignment.<m_A>.branched", unit: "share",
                "Tokens of the anchor that see a word of it as if it ended there"),
            MetricDeclaration(
                "frozen-activations-bytes", unit: "bytes", "Size of the stored activations, if they were stored"),
            MetricDeclaration(
                "frozen-activations-resident-bytes", unit: "bytes", "How much of them was in memory at the end"),
        ]
    package static let incidentalMetrics: Set = ["frozen-activations-bytes", "frozen-activations-resident-bytes"]

    package static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("anchor", [.model, .pretrainedModel], "m_B"),
            InputRole(
                "augmenting", [.model, .pretrainedModel], .many, "m_A, one or several; each may have its own tokenizer"),
            InputRole("corpus", [.tokenCorpus], "D_C: examples of the combined skill"),
            InputRole("validation", [.tokenCorpus], .optional, "what it is evaluated on while it learns"),
        ]
    }

    package static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [
            OutputRole("composition", .composition, "the connections' weights, and the digests of the models"),
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
        let choice = try parameters.choice()
        let anchor = inputs["anchor"]?.first ?? [:]
        let facts = ["composition": tasks.passedOn(anchor)]
        guard let layers = anchor["layers"], let width = anchor["width"] else { return facts }
        for augmenting in inputs["augmenting"] ?? [] {
            guard let augmentingLayers = augmenting["layers"] else { continue }
            do {
                _ = try choice.connections(augmentingLayers: augmentingLayers, anchorLayers: layers)
            } catch let error as CompositionError {
                throw PlanningError(parameter: "connections", error.description)
            }
        }
        guard let heads = parameters.heads ?? anchor["heads"] else { return facts }
        if width % heads != 0 {
            throw PlanningError(parameter: "heads", "the anchor's width of \(width) doesn't divide into \(heads) heads")
        }
        if parameters.preset == .calm, width / heads % 2 != 0 {
            throw PlanningError(
                parameter: "heads",
                "rotary positions need heads of even width, \(width)/\(heads) = \(width / heads)")
        }
        return facts
    }

    /// - Throws: `StageFailure` (bad input) if an augmenting model can read none of the texts.
    private static func report(_ summaries: [AlignmentSummary?], _ context: StageContext) throws {
        for (source, summary) in summaries.enumerated() {
            guard let summary else { continue }
            guard summary.tokens > 0 else {
                throw StageFailure(
                    .badInput,
                    "augmenting model \(source + 1) has no tokens for any text of the corpus: nothing can be composed")
            }
            let perToken = Double(summary.tokens + summary.branchTokens) / Double(max(1, summary.anchorTokens))
            let branched = Double(summary.branched) / Double(max(1, summary.anchorTokens))
            context.metric("alignment.\(source).tokens-per-token", perToken)
            context.metric("alignment.\(source).branched", branched)
            context.log(
                "augmenting model \(source + 1) reads \(summary.tokens) tokens for the anchor's \(summary.anchorTokens), and "
                    + "\(summary.branchTokens) of words as if they ended, which \(summary.branched) of the anchor's tokens see"
            )
            if summary.unreadable > 0 {
                context.note(
                    "augmenting model \(source + 1) has no tokens for parts of \(summary.unreadable) texts, and reads them up to there"
                )
            }
            if summary.cut > 0 {
                context.note(
                    "augmenting model \(source + 1) reads the beginnings of \(summary.cut) texts that are longer than it was made for"
                )
            }
        }
    }

    /// - Throws: `StageFailure` (bad input) if the corpus has no prompts to act after, or prompts of the models' own that can't be
    ///   read.
    private static func align(
        _ corpus: TrainingCorpus, _ model: ComposedModel, _ augmenting: [JoinedModel], threads: Int
    ) throws -> AlignedCorpus {
        guard model.configuration.acts == .afterPrompt else {
            guard corpus.prompts == nil else {
                throw StageFailure(
                    .badInput,
                    "the corpus has prompts that each model reads in words of its own, chats or 'augmenting-prompt'; compose with `acts: after-prompt`"
                )
            }
            return model.align(corpus.tokens, threads: threads)
        }
        guard (0..<corpus.tokens.count).contains(where: { corpus.tokens.unscoredCount($0) > 1 }) else {
            throw StageFailure(
                .badInput,
                "parameter 'acts': the corpus is of texts without prompts, so that connections would act nowhere; give prompts and "
                    + "answers, or `acts: everywhere`")
        }
        let prompts = try corpus.prompts.map { lines in
            try augmenting.map { joined in
                try reportingBadInput("the corpus's prompts") { try PromptTexts.tokens(lines, joined.text) }
            }
        }
        return model.align(corpus.tokens, prompts: prompts, threads: threads)
    }

    package static func run(_ parameters: Parameters, _ context: StageContext, tasks: TaskRegistry) throws {
        let anchorArtifact = try context.input("anchor")
        let augmentingArtifacts = try context.inputs("augmenting")
        let anchor = try JoinedModel(anchorArtifact, tasks: tasks)
        let augmenting = try augmentingArtifacts.map { try JoinedModel($0, tasks: tasks) }
        let input = try context.input("corpus")
        let corpus = try TrainingCorpus(input, tasks: tasks)
        guard anchor.tokenizer.digest == corpus.tokenizer.digest else {
            throw StageFailure(
                .badInput,
                "the anchor and the corpus have different tokenizers; tokenize the corpus with the anchor's, by the input tokenizer "
                    + "of corpus.tokenize")
        }
        let prefix = try parameters.prefix(anchor.tokenizer)
        if let count = prefix?.count, let longest = anchor.contextLength, count >= longest {
            throw StageFailure(
                .badInput,
                "parameter 'anchor-prefix': \(count) tokens, the anchor reads at most \(longest) with the text")
        }
        let choice = try parameters.choice()
        var configuration = CompositionConfiguration(
            connections: try augmenting.map {
                try choice.connections(
                    augmentingLayers: $0.decoder.configuration.layers, anchorLayers: anchor.decoder.configuration.layers
                )
            },
            heads: parameters.heads ?? anchor.decoder.configuration.heads,
            rotaryBase: parameters.preset == .paper ? nil : Float(parameters.rotaryBase),
            normalizesInputs: parameters.preset != .paper, mask: parameters.mask,
            startsAtZero: parameters.outputStart == .zero, acts: parameters.acts == .everywhere ? nil : parameters.acts,
            openChunk: parameters.openChunk ?? .provisional, prefix: prefix)
        let alignments = configuration.alignments(augmenting, to: anchor)
        if alignments.allSatisfy({ $0 == nil }) { configuration.openChunk = nil }
        var initial = try ComposedModel(
            anchor: anchor.decoder, augmenting: augmenting.map(\.decoder), alignments: alignments,
            configuration: configuration, seed: UInt64(parameters.training.seed))
        initial.dropoutRate = Float(parameters.dropout)

        func align(_ corpus: TrainingCorpus) throws -> AlignedCorpus {
            try Self.align(corpus, initial, augmenting, threads: context.threads)
        }
        initial.aligned = try align(corpus)
        let validation = try corpus.validation(context).map(align)
        try report(initial.aligned?.summaries ?? [], context)
        let options = parameters.training.options(sequences: corpus.tokens.count)
        try Trainer.check(initial, corpus: corpus.tokens, options: options)
        if parameters.acts == .afterPrompt {
            initial.prefixKeysValues = initial.keysAndValuesOfPrefix(precision: parameters.training.precision)
        }
        if parameters.keepsActivations(of: initial, over: corpus.tokens) {
            let stored = StoredActivations(
                anchor: anchorArtifact, augmenting: augmentingArtifacts, corpus: input,
                precision: parameters.training.precision, limit: parameters.frozenActivationsLimit << 20)
            var activations = try stored(for: initial, over: corpus.tokens, context)
            if parameters.acts != .afterPrompt {
                activations?.prefix = initial.prefixActivations(precision: parameters.training.precision)
            }
            initial.activations = activations
        }
        var training = Training<ComposedModel>(corpus: corpus.tokens, options: options, context: context)
        training.validation = { try corpus.validation(context, for: $0, options: options) }
        // Kept activations are those of the corpus that is trained on.
        training.detached = { model in
            var model = model
            model.activations = nil
            model.aligned = validation
            return model
        }
        let (model, curve) = try training { initial }
        if let resident = initial.activations?.residentBytes {
            context.log("frozen activations: \(resident >> 20) MiB of them in memory at the end of training")
            context.metric("frozen-activations-resident-bytes", Double(resident))
        }
        for (decoder, joined) in zip([model.anchor] + model.augmenting, [anchor] + augmenting) {
            try joined.check(decoder)
        }

        let overhead = model.overhead
        for (name, count) in [
            ("parameters", overhead.addedTruly), ("parameters-by-formula", overhead.addedByFormula),
            ("anchor-parameters", overhead.anchorTruly), ("anchor-parameters-by-formula", overhead.anchorByFormula),
            ("fine-tuning-operations-per-token", model.anchor.trainingOperations),
        ] {
            context.metric(name, Double(count))
        }
        let description = StoredComposition.Configuration(
            composition: configuration, anchor: anchorArtifact.digest, augmenting: augmentingArtifacts.map(\.digest))
        try context.write(
            "composition",
            metadata: [
                "parameters": .int(model.parameters.count), "anchor": .string(anchorArtifact.digest.hex),
                "augmenting": .array(augmentingArtifacts.map { .string($0.digest.hex) }),
            ],
            members: [
                (StoredComposition.configurationMember, try prettyJSON(description)),
                (StoredComposition.weightsMember, model.safetensors()),
            ])
        try context.write("curve", members: [("loss.tsv", curve)])
    }
}
