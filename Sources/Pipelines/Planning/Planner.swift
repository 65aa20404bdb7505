import Artifacts
import Foundation

/// Decides for one stage after another whether an earlier execution will do.
package struct Planner: Sendable {
    /// A stage with every input known, and what to do about it.
    package struct Assessment: Sendable {
        package let key: StageKey
        package let inputs: [String: [BoundInput]]
        package let environment: [String: String?]
        package let decision: PlannedStage.Decision
        /// The execution of this very key, though some of its outputs may be gone.
        package let earlier: CachedExecution?
    }

    let cache: any ExecutionCache
    let files: any FileImporting
    let forced: ForcedStages
    let environment: [String: String]
    let seal: VariableSeal

    package init(
        cache: any ExecutionCache, files: any FileImporting, forced: ForcedStages = .none,
        environment: [String: String] = [:], seal: VariableSeal? = nil
    ) {
        self.cache = cache
        self.files = files
        self.forced = forced
        self.environment = environment
        self.seal = seal ?? VariableSeal { StoreSecret() }
    }

    /// What would happen to each stage, in the pipeline's order.
    ///
    /// - Throws: `StageFailure` for an input file that can't be read, or what the cache throws.
    /// - Parameter explains: Whether to look for all that differs from the nearest earlier executions.
    package func plan(_ pipeline: ResolvedPipeline, explains: Bool = false) throws -> [PlannedStage] {
        try prepare(for: pipeline)
        var known: [String: [String: Digest]] = [:]
        var seen = SeenFiles()
        return try pipeline.stages.map { stage in
            let waiting = stage.upstream.filter { known[$0] == nil }
            guard waiting.isEmpty else {
                return try waitingStage(stage, for: waiting, known: known, explains: explains)
            }
            let assessment = try assess(stage, inputs: bind(stage, outputs: known, seen: &seen))
            if case .cached(let outputs, _) = assessment.decision { known[stage.name] = outputs }
            return PlannedStage(
                name: stage.name, kind: stage.kind.name, decision: assessment.decision, key: assessment.key,
                differences: try explains ? differences(stage, assessment) : [])
        }
    }

    /// Call it before the stages of a pipeline are assessed: it saves a question to the catalogue for each of them.
    package func prepare(for pipeline: ResolvedPipeline) throws { try cache.prepare(for: pipeline.name) }

    private func differences(_ stage: ResolvedStage, _ assessment: Assessment) throws -> [Why.Difference] {
        guard case .runs = assessment.decision, assessment.earlier == nil,
            let nearest = try cache.nearestExecution(
                stage: stage.name, kind: stage.kind.name, document: assessment.key.document)
        else { return [] }
        let differences = Why.differences(
            from: nearest.document, to: assessment.key.document,
            inputs: named(assessment.inputs, since: nearest.document))
        return isTelling(nearest, of: stage, differences) ? differences : []
    }

    /// Whether an earlier execution says why a stage runs: one of the same stage, or one that is nearly the same, as when a
    /// stage was renamed.
    private func isTelling(
        _ nearest: NearestExecution, of stage: ResolvedStage, _ differences: [Why.Difference]
    ) -> Bool {
        nearest.stage == nil || nearest.stage == stage.name || differences.count == 1
    }

    /// The digests of a stage's inputs; the files among them are imported.
    ///
    /// - Throws: `StageFailure` for an unreadable file, or if a stage upstream lacks the output that is asked for.
    package func bind(_ stage: ResolvedStage, outputs: [String: [String: Digest]]) throws -> [String: [BoundInput]] {
        var seen = SeenFiles()
        return try bind(stage, outputs: outputs, seen: &seen)
    }

    /// The digests of a stage's inputs; files that were looked at in this pass over the stages aren't looked at again.
    ///
    /// - Throws: `StageFailure` for an unreadable file, or if a stage upstream lacks the output that is asked for.
    func bind(
        _ stage: ResolvedStage, outputs: [String: [String: Digest]], seen: inout SeenFiles
    ) throws -> [String: [BoundInput]] {
        let files = try seen.artifacts(of: stage, from: files)
        return try stage.inputs.mapValues { references in
            try references.map { reference in
                switch reference {
                case .beside(let file):
                    guard let digest = files[file] else {
                        throw StageFailure(.badInput, "\(file.label) wasn't imported")
                    }
                    return BoundInput(digest: digest, origin: file.origin, label: file.label)
                case .output(let producer, let role):
                    guard let digest = outputs[producer]?[role] else {
                        throw StageFailure(.badInput, "stage \(producer) has no output '\(role)'")
                    }
                    return BoundInput(digest: digest, label: producer)
                }
            }
        }
    }

    /// - Throws: `StoreError` if the store's secret can't be read or made.
    func key(of stage: ResolvedStage, inputs: [String: [BoundInput]]) throws -> StageKey {
        StageKey(
            kind: stage.kind, parameters: stage.parameters, inputs: inputs, lists: stage.lists,
            environment: try seal.digests(of: stage.environment(from: environment).keyed))
    }

    /// Looks a stage up among the earlier executions.
    package func assess(_ stage: ResolvedStage, inputs: [String: [BoundInput]]) throws -> Assessment {
        let key = try key(of: stage, inputs: inputs)
        let earlier = try cache.execution(key.digest, stage: stage.name)
        return Assessment(
            key: key, inputs: inputs, environment: stage.environment(from: environment).all,
            decision: try decide(stage, key: key, inputs: inputs, earlier: earlier), earlier: earlier)
    }

    private func decide(
        _ stage: ResolvedStage, key: StageKey, inputs: [String: [BoundInput]], earlier: CachedExecution?
    ) throws -> PlannedStage.Decision {
        guard let earlier else {
            if let loss = try cache.loss(of: key.digest) { return .runs(why: loss) }
            let kind = stage.kind.name
            guard let nearest = try cache.nearestExecution(stage: stage.name, kind: kind, document: key.document) else {
                return .runs(why: Why.noEarlierExecution)
            }
            let differences = Why.differences(
                from: nearest.document, to: key.document, inputs: named(inputs, since: nearest.document))
            guard isTelling(nearest, of: stage, differences) else { return .runs(why: Why.noEarlierExecution) }
            let line = Why.line(differences)
            if nearest.stage == nil || nearest.stage == stage.name { return .runs(why: line) }
            return .runs(
                why: "\(Why.noEarlierExecution); the nearest, \(nearest.stage ?? kind), differs: \(line)")
        }
        if forced.includes(stage.name) { return .runs(why: Why.forced) }
        if let role = stage.outputs.first(where: { earlier.outputs[$0.name] == nil }) {
            return .runs(why: "the earlier execution has no output '\(role.name)'")
        }
        for object in earlier.objects {
            switch cache.state(of: object) {
            case .sound: continue
            case .missing: return .runs(why: "output blob \(object.short)… missing")
            case .damaged: return .runs(why: "output blob \(object.short)… damaged")
            }
        }
        return .cached(outputs: earlier.outputs, metrics: earlier.metrics)
    }
}

extension FileReference {
    /// The path or pattern as the pipeline writes it.
    var label: String {
        switch self {
        case .file(let path), .folder(let path): path
        case .glob(let pattern): pattern
        }
    }

    fileprivate var origin: BoundInput.Origin {
        switch self {
        case .file: .file
        case .folder: .folder
        case .glob: .glob
        }
    }
}

extension ResolvedStage {
    /// The stages whose outputs this one takes, each once, in the order of their names.
    package var upstream: [String] {
        let producers = inputs.values.joined().compactMap { reference -> String? in
            if case .output(let stage, _) = reference { stage } else { nil }
        }
        return Set(producers).sorted()
    }

    /// The part of the caller's environment that the stage sees.
    func environment(from environment: [String: String]) -> StageEnvironment {
        guard let kind = kind as? any EnvironmentReadingKind.Type else { return StageEnvironment() }
        return kind.readEnvironment(parameters, from: environment)
    }
}
