import Artifacts
import Foundation

extension RunSession {
    /// In the pipeline's order, whatever the stages' order in time.
    var gates: [GateResult] { board.stages.indices.flatMap { judged[$0] ?? [] } }

    /// Holds the metrics of a stage that has ended well against what the pipeline, and the stage itself, promise of them.
    mutating func judgeGates(of position: Int, _ result: StageResult) {
        let stage = board.stages[position]
        let remarks = remarks(of: result, stage)
        var gates: [GateResult] = []
        if let problem = remarks.problem {
            gates.append(GateJudge.lackOfMetrics(of: stage.name, in: stage.promisesMetrics ?? "metrics", problem))
        }
        if let judge, !stage.gates.isEmpty {
            let own = result.key.map {
                KeyedResult(key: $0, result: ResultDigest(outputs: result.outputs, metrics: result.metrics))
            }
            gates += judge.judge(stage.gates, of: result.name, own: own, metrics: result.metrics, remarks: remarks)
        }
        guard !gates.isEmpty else { return }
        judged[position] = gates
        for gate in gates { events(.gate(gate)) }
    }

    /// What the record says of a stage's metrics that are no numbers: it is read only if one is missing.
    private func remarks(of result: StageResult, _ stage: ResolvedStage) -> MetricRemarks {
        let isIncomplete =
            stage.gates.contains { result.metrics[$0.metric] == nil }
            || (result.metrics.isEmpty && stage.promisesMetrics != nil)
        guard isIncomplete, let key = result.key else { return MetricRemarks() }
        do {
            return try runner.store.readExecution(key).remarks
        } catch {
            // The stage may have broken its promise, and only the record would say so.
            let message = StageFailure(describing: error).message
            return MetricRemarks(problem: "what the stage said of its metrics can't be read: \(message)")
        }
    }
}

extension ResolvedStage {
    /// The folder of the pipeline's file.
    var folder: String {
        URL(fileURLWithPath: location.file, isDirectory: false).deletingLastPathComponent().path
    }

    /// The parameters that aren't in the key, which is all that a worker sees of the others.
    var unkeyedParameters: [String: JSONValue] {
        let names = Set(kind.unkeyedParameters)
        return parameters.filter { names.contains($0.key) }
    }

    /// The file or the like that should hold the stage's metrics.
    var promisesMetrics: String? {
        func promise<Kind: StageKind>(_ kind: Kind.Type) -> String? {
            kind.promisesMetrics(Kind.Parameters(canonical: parameters))
        }
        return promise(kind)
    }

    /// How many cores the stage can use.
    var coreDemand: CoreDemand {
        func demand<Kind: StageKind>(_ kind: Kind.Type) -> CoreDemand {
            kind.cores(Kind.Parameters(canonical: parameters))
        }
        return demand(kind)
    }
}
