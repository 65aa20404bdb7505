import Artifacts

extension Catalogue {
    /// The metrics that a run's stages had, or those of one of them.
    package func baseline(of run: RunRow, stage: String? = nil) throws -> RunBaseline {
        var stages: [String: RunBaseline.Stage] = [:]
        for row in try self.stages(run: run.id) where row.isDone && (stage == nil || row.name == stage) {
            // An earlier calm let pipelines name stages as no file may.
            guard StageName.isValid(row.name) else { continue }
            stages[row.name] = RunBaseline.Stage(key: row.key, result: row.result, metrics: [:])
        }
        for metric in try metrics(run: run.id) { stages[metric.stage]?.metrics[metric.name] = metric.value }
        return RunBaseline(run: run.id, pipeline: run.pipeline, startedAt: run.startedAt, stages: stages)
    }
}
