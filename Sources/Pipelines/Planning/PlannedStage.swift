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

    package init(name: String, kind: String, decision: Decision, key: StageKey?) {
        self.name = name
        self.kind = kind
        self.decision = decision
        self.key = key
    }
}

/// Which stages run even if nothing changed.
package enum ForcedStages: Sendable, Hashable {
    case none
    case all
    /// Stage names; a name without its matrix cell means all of its cells.
    case named(Set<String>)

    func includes(_ stage: String) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .named(let names): names.contains(stage) || names.contains(String(stage.prefix { $0 != "[" }))
        }
    }

    /// The names that no stage of `pipeline` bears.
    package func unknownNames(in pipeline: ResolvedPipeline) -> [String] {
        guard case .named(let names) = self else { return [] }
        let known = Set(pipeline.stages.flatMap { [$0.name, String($0.name.prefix { $0 != "[" })] })
        return names.subtracting(known).sorted()
    }
}
