import Pipelines
import Tensors

extension StageRegistry {
    /// Every stage kind that comes with `calm`: to add one, a file and a line here.
    package static let builtIn = StageRegistry([
        CommandStage.self,
        PairsStage.self,
        ExpressionsStage.self,
        ArithmeticStage.self,
        TaskStage.self,
        TokenizerStage.self,
        CorpusStage.self,
        TrainStage.self,
        ComposeStage.self,
        EvaluateStage.self,
        SelectStage.self,
        TableStage.self,
        SummaryStage.self,
    ])
}

/// A kind whose results depend, in their last bits, on the machine's arithmetic.
protocol NumericStageKind: StageKind {}

/// What the last bits of a kind's results depend on; recorded with each of its executions.
///
/// - Throws: `NumericError` if OpenBLAS can't be loaded, or a known product comes out wrong on this machine.
package func numericEnvironment(of kind: any StageKind.Type) throws -> [String: String] {
    kind is any NumericStageKind.Type ? try numericEnvironment() : [:]
}

/// - Throws: As `numericEnvironment(of:)`.
package func numericEnvironment() throws -> [String: String] {
    let profile = try NumericProfile.current()
    return ["blas": profile.blasKernels, "vectors": profile.vectorWidth]
}
