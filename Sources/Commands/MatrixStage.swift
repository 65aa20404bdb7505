import Catalogue

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
}
