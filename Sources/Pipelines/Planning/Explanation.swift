import Artifacts
import Catalogue

/// Why a stage of a run ran or didn't, down to the edits that began it; from the catalogue alone.
package struct Explanation: Sendable {
    package let stage: RunStageRow
    /// The run before it that had this stage with a result; nil if there is none.
    package let since: String?
    /// What differs from the stage in that run.
    package let differences: [Why.Difference]
    /// Why the stages changed whose outputs it reads.
    package let causes: [Explanation]
    /// Stages whose outputs it reads that were executed and gave the same as before.
    package let unchanged: [String]

    /// Whether the chain of causes begins here: with an edit, and not with another stage.
    package var isOrigin: Bool { causes.isEmpty }
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
    /// The artifacts of the run, by digest, with the stage that gave them.
    private let producers: [Digest: String]
    private var done: Set<String> = []

    init(run: RunRow, catalogue: Catalogue, stages: [RunStageRow]) throws {
        self.run = run
        self.catalogue = catalogue
        self.stages = Dictionary(stages.map { ($0.name, $0) }) { first, _ in first }
        producers = Dictionary(try catalogue.outputs(run: run.id).map { ($0.artifact, $0.stage) }) { first, _ in first }
    }

    mutating func explanation(of stage: RunStageRow) throws -> Explanation {
        done.insert(stage.name)
        let before = try catalogue.stage(stage.name, kind: stage.kind, before: run)
        let document = try stage.key.flatMap { try catalogue.keyDocument($0) }
        let inputs = try document.map(inputs) ?? [:]
        var differences: [Why.Difference] = []
        if let document, let earlier = try before?.key.flatMap({ try catalogue.keyDocument($0) }) {
            differences = Why.differences(from: earlier, to: document, inputs: inputs)
        }
        let changed = differences.flatMap(\.stages)
        var causes: [Explanation] = []
        for name in changed where !done.contains(name) {
            if let cause = stages[name] { causes.append(try explanation(of: cause)) }
        }
        let unchanged = Set(inputs.values.joined().filter { $0.origin == .stage }.map(\.label))
            .subtracting(changed).filter { stages[$0]?.state == "executed" }.sorted()
        return Explanation(
            stage: stage, since: before?.run, differences: differences, causes: causes, unchanged: unchanged)
    }

    /// The inputs that a key document names, labelled with the stage of this run that gave them, or the file's name.
    private func inputs(_ document: JSONValue) throws -> [String: [BoundInput]] {
        guard case .object(let fields) = document, case .object(let roles) = fields["in"] else { return [:] }
        return try roles.mapValues { value in
            guard case .array(let digests) = value else { return [] }
            return try digests.compactMap(\.text).compactMap(Digest.init(hex:)).map { digest in
                if let stage = producers[digest] { return BoundInput(digest: digest, label: stage) }
                let names = try catalogue.memberNames(of: digest)
                return BoundInput(digest: digest, origin: .file, label: names.first ?? digest.short)
            }
        }
    }
}
