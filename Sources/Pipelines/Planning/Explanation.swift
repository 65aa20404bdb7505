import Artifacts
import Catalogue

/// Why a stage of a run ran or didn't, down to the edits that began it; from the catalogue alone.
package struct Explanation: Sendable {
    package let stage: RunStageRow
    /// The run before it that had this stage with a result; nil if there is none.
    package let since: String?
    /// What the stage was called in that run, if no run before has this name: a stage of its kind whose name is gone.
    package let formerName: String?
    /// Whether both keys are known in full, so that no difference means that nothing differs.
    package let isKnown: Bool
    /// What differs from the stage in that run.
    package let differences: [Why.Difference]
    /// Why the stages changed whose outputs it reads; those that are explained elsewhere in the same tree are left out.
    package let causes: [Explanation]
    /// The stages that it reads from, changed and explained elsewhere in the same tree, before this one.
    package let explainedAbove: [String]
    /// Whether its outputs are the same as in that run.
    package let gaveTheSame: Bool
    /// Stages whose outputs it reads that were executed and gave the same as before.
    package let unchanged: [String]

    /// What differs but for the outputs of other stages: edits, files and the environment.
    package var ownDifferences: [Why.Difference] { differences.filter(\.stages.isEmpty) }

    /// Where the changes began that it is explained by, each once: stages with a difference of their own, and those that gave
    /// something else though nothing differs.
    package var beginnings: [Explanation] {
        let isBeginning = !ownDifferences.isEmpty || (causes.isEmpty && explainedAbove.isEmpty)
        return (isBeginning && since != nil && !gaveTheSame ? [self] : []) + causes.flatMap(\.beginnings)
    }
}

extension Explanation {
    package init(of stage: RunStageRow, in run: RunRow, _ catalogue: Catalogue) throws {
        var reader = try ExplanationReader(run: run, catalogue: catalogue, stages: try catalogue.stages(run: run.id))
        self = try reader.explanation(of: stage)
    }
}

private struct ExplanationReader {
    let run: RunRow
    let catalogue: Catalogue
    let stages: [String: RunStageRow]
    private let outputs: [OutputRow]
    /// Of runs before, by their identifiers.
    private var earlierOutputs: [String: [OutputRow]] = [:]
    private var done: Set<String> = []

    init(run: RunRow, catalogue: Catalogue, stages: [RunStageRow]) throws {
        self.run = run
        self.catalogue = catalogue
        self.stages = Dictionary(stages.map { ($0.name, $0) }) { first, _ in first }
        outputs = try catalogue.outputs(run: run.id)
    }

    mutating func explanation(of stage: RunStageRow) throws -> Explanation {
        done.insert(stage.name)
        let document = try stage.key.flatMap { try catalogue.keyDocument($0) }
        let before =
            try catalogue.stage(stage.name, kind: stage.kind, before: run) ?? former(stage, document)
        let earlier = try before?.key.flatMap { try catalogue.keyDocument($0) }
        var inputs: [String: [BoundInput]] = [:]
        var differences: [Why.Difference] = []
        if let before, let document, let earlier {
            inputs = try labels(since: before.run).inputs(of: stage, document, since: earlier, stages, catalogue)
            differences = Why.differences(from: earlier, to: document, inputs: inputs)
        }
        let changed = differences.flatMap(\.stages)
        var causes: [Explanation] = []
        var explainedAbove: [String] = []
        for name in changed where !(causes.map(\.stage.name) + explainedAbove).contains(name) {
            guard let cause = stages[name] else { continue }
            if done.contains(name) { explainedAbove.append(name) } else { causes.append(try explanation(of: cause)) }
        }
        let outputsBefore = try before.map { before in
            try earlierOutputs(of: before.run).filter { $0.stage == before.name }.map { [$0.role, $0.artifact.hex] }
        }
        let outputsNow = outputs.filter { $0.stage == stage.name }.map { [$0.role, $0.artifact.hex] }
        let unchanged = Set(inputs.values.joined().filter { $0.origin == .stage }.map(\.label))
            .subtracting(changed).filter { stages[$0]?.state == "executed" }.sorted()
        return Explanation(
            stage: stage, since: before?.run, formerName: before.flatMap { $0.name == stage.name ? nil : $0.name },
            isKnown: before == nil || (document != nil && earlier != nil), differences: differences, causes: causes,
            explainedAbove: explainedAbove, gaveTheSame: !outputsNow.isEmpty && outputsBefore == outputsNow,
            unchanged: unchanged)
    }

    /// What the stage was called in the pipeline's run before: the one of its kind, now gone, whose key is nearest.
    private func former(_ stage: RunStageRow, _ document: JSONValue?) throws -> RunStageRow? {
        guard let document, let previous = try catalogue.run(before: run) else { return nil }
        let gone = try catalogue.stages(run: previous.id).filter { old in
            old.kind == stage.kind && stages[old.name] == nil && ["cached", "executed"].contains(old.state)
        }
        return try gone.compactMap { old -> (stage: RunStageRow, distance: Int)? in
            guard let key = old.key, let earlier = try catalogue.keyDocument(key) else { return nil }
            return (old, Why.differences(from: earlier, to: document, inputs: [:]).count)
        }.min { $0.distance < $1.distance }?.stage
    }

    private mutating func labels(since earlier: String) throws -> InputLabels {
        InputLabels(now: outputs, before: try earlierOutputs(of: earlier))
    }

    private mutating func earlierOutputs(of run: String) throws -> [OutputRow] {
        let found = try earlierOutputs[run] ?? catalogue.outputs(run: run)
        earlierOutputs[run] = found
        return found
    }
}
