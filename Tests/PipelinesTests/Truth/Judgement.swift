import Artifacts
import Pipelines

/// Compares one run with the model.
struct Judgement {
    let memories: [String: TruthWorld.Memory]
    let everExecuted: [NaiveModel.Stage]
    /// Objects that were missing when the run began.
    let missing: Set<Digest>
    let expected: [String: NaiveModel.Stage]
    let plan: [String: PlannedStage.Decision]
    let result: RunResult

    func faults() -> [String] {
        var faults: [String] = []
        if ![0, 1].contains(result.exit) { faults.append("exit \(result.exit): \(result.problem?.message ?? "")") }
        for stage in result.stages {
            guard let model = expected[stage.name] else { continue }
            faults += (outputFaults(stage, model) + decisionFaults(stage, model) + planFaults(stage)).map {
                "\(stage.name) (\(stage.state), \(stage.why)): \($0)"
            }
        }
        for gate in result.gates {
            let isMet = expected[gate.stage].map { gate.expected == ">= 0" ? $0.length >= 0 : $0.length < 0 }
            if gate.passed != isMet { faults.append("the gate of \(gate.stage) was judged wrongly") }
        }
        return faults
    }

    private func outputFaults(_ stage: StageResult, _ model: NaiveModel.Stage) -> [String] {
        var faults: [String] = []
        if stage.outputs != model.outputs.mapValues(\.digest) {
            faults.append("outputs \(stage.outputs), expected \(model.outputs.mapValues(\.text))")
        }
        if stage.metrics != ["length": Double(model.length)] { faults.append("metrics \(stage.metrics)") }
        return faults
    }

    private func decisionFaults(_ stage: StageResult, _ model: NaiveModel.Stage) -> [String] {
        let twins = result.stages.filter { $0.name != stage.name && expected[$0.name]?.key == model.key }
        let hasExecutedTwin = twins.contains { $0.state == .executed }
        let isExecuted = stage.state == .executed
        if isExecuted && hasExecutedTwin { return ["its key was executed twice"] }
        guard let memory = memories[model.key], memory.isOnRecord else {
            if !isExecuted && !hasExecutedTwin {
                return ["cached, though its key was never executed or its record is gone"]
            }
            return isExecuted ? reasonFaults(stage, model) : []
        }
        let lost = memory.objects.intersection(missing)
        if lost.isEmpty {
            return stage.state == .cached && stage.why == "nothing changed" ? [] : ["expected to be cached"]
        }
        if isExecuted {
            let isNamed = lost.contains { stage.why.hasPrefix("output blob \($0.short)… missing") }
            return isNamed ? [] : ["doesn't name one of \(lost.map(\.short))"]
        }
        // Another stage may have written the same bytes meanwhile.
        let written = result.stages.filter { $0.state == .executed }.flatMap { stage in
            (expected[stage.name]?.outputs.values).map { $0.flatMap { [$0.digest, $0.blob] } } ?? []
        }
        return lost.isSubset(of: written) ? [] : ["cached, though \(lost.map(\.short)) are missing"]
    }

    private func planFaults(_ stage: StageResult) -> [String] {
        switch plan[stage.name] {
        case .cached(let outputs, let metrics):
            stage.state == .cached && stage.outputs == outputs && stage.metrics == metrics ? [] : ["planned as cached"]
        case .runs(let why):
            stage.state == .executed && stage.why.hasPrefix(why) || stage.state == .cached && isRestored(stage)
                ? [] : ["planned to run: \(why)"]
        case .waits(let upstream): upstream.isEmpty ? ["planned to wait for nothing"] : []
        case nil: ["wasn't planned"]
        }
    }

    /// Cached though it was to run, since a stage of the same key, or one that gives the same bytes, ran.
    private func isRestored(_ stage: StageResult) -> Bool {
        let executed = result.stages.filter { $0.state == .executed }
        let twins = executed.filter { $0.key == stage.key }
        if stage.why == "another stage of this run executed it" { return !twins.isEmpty }
        let again = "its outputs are there again"
        return twins.contains { stage.why == "stage \($0.name) of this run executed it" }
            || !missing.isEmpty
                && (stage.why == again
                    || executed.contains { stage.why == "\(again): stage \($0.name) of this run gave them" })
    }

    /// What is wrong with the reason for which a stage of an unknown key ran.
    private func reasonFaults(_ stage: StageResult, _ model: NaiveModel.Stage) -> [String] {
        if let memory = memories[model.key], memory.isIndexed {
            return stage.why == "its execution record is missing" ? [] : ["its record was deleted"]
        }
        let ofKind = everExecuted.filter { $0.kind == model.kind }
        let onRecord = ofKind.filter {
            memories[$0.key].map { $0.isOnRecord && $0.objects.isDisjoint(with: missing) } ?? false
        }
        if stage.why == "no earlier execution" {
            // Of another stage only one that is nearly the same says why.
            return onRecord.contains { $0.name == stage.name } ? ["there were earlier executions of it"] : []
        }
        var differences = stage.why
        if let range = differences.firstRange(of: ", differs: ") {
            differences = String(differences[range.upperBound...])
        }
        let named = differences.components(separatedBy: "; ")
            .filter { !$0.hasPrefix("and ") && !$0.hasPrefix("gave ") }
        let before = result.stages.filter { $0.name != stage.name && $0.state == .executed }
            .compactMap { expected[$0.name] }.filter { $0.kind == model.kind }
        let isTrue = (ofKind + before).contains { earlier in named.allSatisfy { agrees($0, from: earlier, to: model) } }
        return isTrue && !named.isEmpty ? [] : ["no earlier execution differs like that"]
    }

    /// Whether a named difference is one between two stages.
    private func agrees(_ named: String, from earlier: NaiveModel.Stage, to model: NaiveModel.Stage) -> Bool {
        var named = named
        if named.hasPrefix("kind "), let range = named.firstRange(of: " version ") {
            named = "version: \(named[range.upperBound...])"
        }
        let words = named.split(separator: " ", maxSplits: 1).map(String.init)
        let field = words[0].hasSuffix(":") ? String(words[0].dropLast()) : words[0]
        let (old, new) = (earlier.fields[field], model.fields[field])
        guard old != new, let rest = words.last, words.count == 2 else { return false }
        if rest.hasPrefix("added") { return old == nil }
        if rest.hasPrefix("removed") { return new == nil }
        if field.hasPrefix("in.") {
            let count = { (text: String?) in text.map { $0.split(separator: ",").sorted() } ?? [] }
            if rest == "another order of inputs" { return count(old) == count(new) }
            if rest.hasSuffix(" inputs") { return rest == "\(count(old).count) inputs → \(count(new).count) inputs" }
            return rest.hasPrefix("changed (") && count(old).count == count(new).count
        }
        // Values of the environment are shown nowhere.
        if field.hasPrefix("environment.") { return ["changed", "is set now", "isn't set any more"].contains(rest) }
        // Long values are cut.
        return rest.contains("…") || rest == "\(old ?? "?") → \(new ?? "?")"
    }
}
