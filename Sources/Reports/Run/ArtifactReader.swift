import Artifacts
import Catalogue
import Foundation
import Pipelines

/// Reads what a report shows of artifacts, without trust: what is gone, damaged, too large or of another form is nil.
struct ArtifactReader {
    private static let memberLimit = 32 << 20

    let store: Store
    private let types: [Digest: ArtifactType]
    private let makers: [Digest: RunReport.Stage]

    init(store: Store, stages: [RunReport.Stage]) {
        self.store = store
        var types: [Digest: ArtifactType] = [:]
        var makers: [Digest: RunReport.Stage] = [:]
        for stage in stages {
            for output in stage.outputs where makers[output.artifact] == nil {
                (types[output.artifact], makers[output.artifact]) = (output.type, stage)
            }
        }
        (self.types, self.makers) = (types, makers)
    }

    func manifest(_ artifact: Digest) -> Manifest? { try? store.manifest(artifact) }

    func type(_ artifact: Digest) -> ArtifactType? { types[artifact] ?? manifest(artifact)?.type }

    /// The stage of the run that gave an artifact.
    func maker(_ artifact: Digest) -> RunReport.Stage? { makers[artifact] }

    func member(_ name: String, of artifact: Digest) -> Data? {
        guard let member = manifest(artifact)?.members[name], member.size <= Self.memberLimit else { return nil }
        return try? store.data(member.digest)
    }

    func table(_ artifact: Digest) -> ResultTable? {
        member(ResultTable.member, of: artifact).flatMap { try? JSONDecoder().decode(ResultTable.self, from: $0) }
    }

    /// The metrics that a stage read, by the label that they bear.
    func labelledMetrics(of stage: RunReport.Stage) -> [String: Digest] {
        var found: [String: Digest] = [:]
        for input in stage.inputs where type(input.digest) == .metrics {
            if let label = manifest(input.digest)?.metadata["label"]?.text, !label.isEmpty {
                found[label] = input.digest
            }
        }
        return found
    }

    /// What an evaluation judged: the model that answered, and what it was asked. Told by the types of its inputs.
    func subject(of stage: RunReport.Stage) -> (model: Digest, dataset: Digest)? {
        let models = stage.inputs.filter { [.model, .composition].contains(type($0.digest)) }
        let datasets = stage.inputs.filter { type($0.digest) == .dataset }
        guard models.count == 1, datasets.count == 1 else { return nil }
        return (models[0].digest, datasets[0].digest)
    }

    /// The models that a composition joins; nil if it is none.
    func parts(of model: Digest) -> (anchor: Digest, augmenting: [Digest])? {
        guard type(model) == .composition, let metadata = manifest(model)?.metadata,
            let anchor = metadata["anchor"]?.text.flatMap(Digest.init(hex:)),
            case .array(let augmenting) = metadata["augmenting"]
        else { return nil }
        return (anchor, augmenting.compactMap { $0.text.flatMap(Digest.init(hex:)) })
    }

    /// In each row, the columns of compositions whose anchor, judged on the same dataset, has a column as well.
    func gains(in table: ResultTable, sources: [String: Digest]) -> [RunReport.Gain] {
        table.rows.flatMap { row -> [RunReport.Gain] in
            var judged: [(column: String, value: Double, model: Digest, dataset: Digest)] = []
            for column in table.columns {
                guard let value = table.values["\(row).\(column)"], let source = sources["\(row).\(column)"],
                    let subject = maker(source).flatMap({ subject(of: $0) })
                else { continue }
                judged.append((column, value, subject.model, subject.dataset))
            }
            return judged.flatMap { composed -> [RunReport.Gain] in
                guard let anchor = parts(of: composed.model)?.anchor,
                    let base = judged.first(where: { $0.model == anchor && $0.dataset == composed.dataset })
                else { return [] }
                let gain = composed.value - base.value
                return [RunReport.Gain(row: row, composed: composed.column, anchor: base.column, value: gain)]
            }
        }
    }
}
