import Catalogue
import Reports

extension Reference {
    /// What to say of a stage whose latest run gave no result, so that an earlier one is meant; nil if the latest did, or `text`
    /// names a run or no stage.
    static func noteOfAge(_ text: String, in catalogue: Catalogue) throws -> String? {
        guard !text.contains("@") else { return nil }
        for name in [text] + splits(text).map(\.stage) {
            let checkout = try checkout(in: catalogue)
            guard let source = try catalogue.latestRun(ofStage: name, withOutputs: true, preferring: checkout)
            else { continue }
            if let checkout, let other = source.checkout, other != checkout {
                return
                    "no run of \(checkout.description(in: catalogue.store)) gave a result of stage \(name); this is from run "
                    + "\(source.id) of \(other.description(in: catalogue.store)) (\(timestamp(source.startedAt)))"
            }
            let found = try StageInRun.latest(name, catalogue.store, catalogue, preferring: checkout)
            guard let latest = found, latest.run.id != source.id else {
                return nil
            }
            let row = try catalogue.stages(run: latest.run.id).first { $0.name == name }
            let what = row.flatMap { $0.state == "failed" ? "\($0.ending) in run \(latest.run.id)" : nil }
            let isOther = latest.run.pipeline != source.pipeline
            return
                "stage \(name) \(what ?? latest.description)\(isOther ? ", of the pipeline \(latest.run.pipeline)" : "")"
                + "; this is from run \(source.id) (\(isOther ? "\(source.pipeline), " : "")\(timestamp(source.startedAt)))"
        }
        return nil
    }
}

extension RunStageRow {
    /// What became of the stage: `failed`, `was executed`.
    var ending: String { state == "failed" ? "failed" : "was \(state)" }
}
