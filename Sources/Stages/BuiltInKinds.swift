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
        TableStage.self,
    ])
}

/// What the last bits of a worker's results depend on; recorded with each execution.
///
/// - Throws: `NumericError` if a known product comes out wrong on this machine.
package func numericEnvironment() throws -> [String: String] {
    let profile = try NumericProfile.current()
    return ["blas": profile.blasKernels, "vectors": profile.vectorWidth]
}

/// Call it first in a process that coordinates: no thread of the numeric libraries takes a core from it.
package func endIdleNumericThreads() { BLAS.endIdleThreads() }
