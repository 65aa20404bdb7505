import Artifacts

/// A place in a pipeline file: lines and columns (in Unicode scalars) counted from 1; line 0 means the file as a whole.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
    /// A path, or `--set params.NAME` for a value given on the command line.
    package let file: String
    package let line: Int
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// A pipeline after reading and checking: every reference, matrix and parameter resolved, stages in topological order.
package struct ResolvedPipeline: Sendable {
    package let name: String
    package let description: String
    /// The pipeline's parameters after `--set`, as text for reports.
    package let parameters: [String: JSONValue]
    package let stages: [ResolvedStage]
    /// The pin that `baseline` in gates means, if the file names one.
    package let baseline: String?
    /// Whether these are not all the stages of the file, but some and what they need.
    package let isPart: Bool

    package init(
        name: String, description: String, parameters: [String: JSONValue], stages: [ResolvedStage],
        baseline: String? = nil, isPart: Bool = false
    ) {
        self.baseline = baseline
        self.isPart = isPart
        self.name = name
        self.description = description
        self.parameters = parameters
        self.stages = stages
    }
}

/// One stage, or one cell of a stage's matrix.
package struct ResolvedStage: Sendable {
    /// `scores`, or `scores[model=composed,task=kv-subs]`.
    package let name: String
    /// What the pipeline says of the stage; not in the key.
    package let description: String
    package let kind: any StageKind.Type
    /// Every parameter by name, defaults included.
    package let parameters: [String: JSONValue]
    /// By role, in the order written; roles that are absent have no entry.
    package let inputs: [String: [InputReference]]
    /// The roles whose input was written as a list, or as a stage with a matrix, even if that has one cell.
    package let lists: Set<String>
    package let outputs: [OutputRole]
    package let gates: [Gate]
    package let location: SourceLocation
    package let limits: StageLimits

    package init(
        name: String, description: String = "", kind: any StageKind.Type, parameters: [String: JSONValue],
        inputs: [String: [InputReference]], lists: Set<String> = [], outputs: [OutputRole], gates: [Gate],
        location: SourceLocation,
        limits: StageLimits = StageLimits()
    ) {
        self.name = name
        self.description = description
        self.kind = kind
        self.parameters = parameters
        self.inputs = inputs
        self.lists = lists
        self.outputs = outputs
        self.gates = gates
        self.location = location
        self.limits = limits
    }
}

/// What an input names: another stage's output, or files beside the pipeline.
package enum InputReference: Hashable, Sendable {
    case output(stage: String, role: String)
    case beside(FileReference)

    package static func file(path: String) -> InputReference { .beside(.file(path: path)) }
}
