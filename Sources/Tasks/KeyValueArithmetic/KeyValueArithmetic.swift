import Artifacts
import Evaluation
import Pipelines
import Stages
import Tokenization

/// Arithmetic over keys whose values one model has memorised.
///
/// Source: CALM (arXiv 2401.02412), §4.1.
package enum KeyValueArithmetic: LearningTask {
    package static let kinds: [any StageKind.Type] = [
        PairsStage.self,
        ExpressionsStage.self,
        ArithmeticStage.self,
        TaskStage.self,
        SymbolTokenizerStage.self,
    ]

    package static let tokenizers: [TokenizerFormat] = [
        TokenizerFormat("symbols", jsonNames: ["keys", "numbers", "operands", "operators"]) {
            try SymbolTokenizer(json: $0)
        }
    ]

    package static let judges: [any Judge] = KeyValueJudge.allCases
}
