import Catalogue
import Pipelines
import Reports

/// A stage with a matrix, as one run has it: a name that stands for several stages, its cells.
struct MatrixStage {
    let name: String
    /// In the pipeline's order; at least one.
    let cells: [RunStageRow]

    /// Nil if none of the stages is a cell of that name.
    init?(_ name: String, among stages: [RunStageRow]) {
        self.name = name
        cells = stages.filter { $0.name.hasPrefix(name + "[") }
        if name.isEmpty || cells.isEmpty { return nil }
    }

    /// For a command that takes one stage or output.
    ///
    /// - Parameter role: What was asked of the stage, if it was an output.
    func ambiguity(role: String? = nil) -> CommandFailure {
        let names = cells.prefix(10).map { ($0.name + (role.map { ".\($0)" } ?? "")).shellWord }
        let more = cells.count > names.count ? " and \(cells.count - names.count) more" : ""
        return .notFound(
            "\(name) is a matrix stage with \(counted(cells.count, "cell")) in run \(cells[0].run); name one: "
                + names.joined(separator: ", ") + more)
    }

    /// A matrix stage of the run that is named behind an `@`, else of the latest that has it; nil if there is none, or a later run
    /// has a stage of just that name.
    init?(_ reference: String, in catalogue: Catalogue) throws {
        let parts = reference.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty, !name.contains("[") else { return nil }
        guard let latest = try catalogue.latestRun(ofCellsOf: name) else { return nil }
        let run = parts.count == 2 ? try Reference.run(parts[1], in: catalogue) : latest
        if parts.count == 1, let other = try catalogue.latestRun(ofStage: name),
            (latest.startedAt, latest.id) < (other.startedAt, other.id)
        {
            return nil
        }
        self.init(name, among: try catalogue.stages(run: run.id))
    }
}
