import Artifacts

/// What is to become of a stage, as far as is known before anything has run.
package struct PlannedStage: Sendable {
    package enum Decision: Sendable, Hashable {
        case cached(outputs: [String: Digest], metrics: [String: Double])
        /// It has to run, for this reason.
        case runs(why: String)
        /// These stages run first; if they yield what they did before, this one is cached after all.
        case waits(on: [String])
    }

    package let name: String
    package let kind: String
    package let decision: Decision
    /// Nil while an input is unknown.
    package let key: StageKey?
    /// What differs from the nearest earlier execution, if that is why it runs; of a stage that waits, what differs already.
    package let differences: [Why.Difference]
    /// Whether a stage that waits has to run whatever those give that it waits for.
    package let isCertain: Bool

    package init(
        name: String, kind: String, decision: Decision, key: StageKey?, differences: [Why.Difference] = [],
        isCertain: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.decision = decision
        self.key = key
        self.differences = differences
        self.isCertain = isCertain
    }
}

/// Which stages run even if nothing changed.
package enum ForcedStages: Sendable, Hashable {
    case none
    case all
    case named(StageNames)

    func includes(_ stage: String) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .named(let names): names.include(stage)
        }
    }

    /// The names that no stage of `pipeline` bears.
    package func unknownNames(in pipeline: ResolvedPipeline) -> [String] {
        if case .named(let names) = self { names.unknown(in: pipeline) } else { [] }
    }
}

/// Names of stages, as a person gives them: one without its matrix cell means all of its cells.
package struct StageNames: Sendable, Hashable {
    private let names: Set<String>

    package init(_ names: Set<String>) {
        self.names = names
    }

    package func include(_ stage: String) -> Bool {
        names.contains(stage) || names.contains(String(stage.prefix { $0 != "[" }))
    }

    /// The names that no stage of `pipeline` bears.
    package func unknown(in pipeline: ResolvedPipeline) -> [String] {
        let known = Set(pipeline.stages.flatMap { [$0.name, String($0.name.prefix { $0 != "[" })] })
        return names.subtracting(known).sorted()
    }
}

extension ResolvedPipeline {
    /// The pipeline with these stages alone and what they need, directly or not.
    package func part(named names: StageNames) -> ResolvedPipeline {
        var wanted: Set<String> = []
        for stage in stages.reversed() where names.include(stage.name) || wanted.contains(stage.name) {
            wanted.insert(stage.name)
            wanted.formUnion(stage.upstream)
        }
        return ResolvedPipeline(
            name: name, description: description, parameters: parameters,
            stages: stages.filter { wanted.contains($0.name) }, baseline: baseline, isPart: true)
    }
}
