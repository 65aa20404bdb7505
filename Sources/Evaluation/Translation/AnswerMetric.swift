/// The corpus metrics that answers are scored by, under sacrebleu's names, with its defaults.
package enum AnswerMetric: String, CaseIterable, Sendable {
    case chrf
    case chrfWithWords = "chrf++"
    case bleu

    package var metric: any CorpusMetric {
        switch self {
        case .chrf: ChrF()
        case .chrfWithWords: ChrF(wordOrder: 2)
        case .bleu: BLEU()
        }
    }
}
