import Evaluation
import Testing

/// chrF, chrF++ and BLEU beside sacrebleu.
@Suite struct CorpusMetricTests {
    struct Corpus: Decodable, Sendable {
        struct Text: Decodable, Sendable {
            let hypothesis: String
            let references: [String]
        }
        struct Score: Decodable, Sendable {
            let metric: String
            let tokenize: String?
            let smooth: String?
            let value: Double?
            let lowercase: Bool
            let score: Double
            let sentences: [Double]
            let signature: String

            var corpusMetric: any CorpusMetric {
                get throws {
                    if metric != "bleu" {
                        return ChrF(wordOrder: metric == "chrf++" ? 2 : 0, isLowercase: lowercase)
                    }
                    let tokenizations: [BLEUTokenization] = [
                        .mteval13a, .international, .characters, .none, .chinese,
                    ]
                    let smoothing: BLEU.Smoothing =
                        switch smooth {
                        case "none": .none
                        case "floor": .floor(value ?? 0.1)
                        case "add-k": .addK(value ?? 1)
                        default: .exponential
                        }
                    return BLEU(
                        tokenization: try #require(tokenizations.first { $0.name == tokenize }), smoothing: smoothing,
                        isLowercase: lowercase)
                }
            }
        }
        let name: String
        let predictions: [Text]
        let scores: [Score]
    }

    /// Far below what is published, far above rounding.
    static let tolerance = 1e-9

    @Test("scores of corpora and sentences, and signatures, are sacrebleu's")
    func oracle() throws {
        let corpora = try Fixture.read("corpora.json", as: [Corpus].self)
        #expect(corpora.map(\.name) == ["plain", "hostile", "long", "empty", "random", "several", "two"])
        for corpus in corpora {
            let predictions = corpus.predictions.map { Prediction($0.hypothesis, references: $0.references) }
            #expect(corpus.scores.count == 19)
            for expected in corpus.scores {
                let metric = try expected.corpusMetric
                let place = "\(corpus.name): \(expected.metric) \(expected.signature)"
                let statistics = metric.statistics(of: predictions)
                let sentences = metric.sentenceScores(of: statistics)
                #expect(abs(metric.score(of: statistics) - expected.score) <= Self.tolerance, "\(place)")
                #expect(MetricSignature.text(of: metric, statistics) == expected.signature)
                try #require(sentences.count == expected.sentences.count)
                for (index, (found, score)) in zip(sentences, expected.sentences).enumerated() {
                    #expect(
                        abs(found - score) <= Self.tolerance, "\(place), \(predictions[index]): \(found), not \(score)")
                }
            }
        }
    }

    @Test("the score of some sentences follows from their rows, in any order and often")
    func rows() throws {
        let predictions = ["a cat sat", "the dog ran off", "no", "", "one two three four five"].map {
            Prediction($0, references: ["a cat sat there", "the dog ran"])
        }
        let metrics: [any CorpusMetric] = [ChrF(wordOrder: 2), BLEU(), GradeSchoolMath()]
        for metric in metrics {
            let statistics = metric.statistics(of: predictions)
            let chosen = [4, 1, 1, 0]
            let alone = metric.statistics(of: chosen.map { predictions[$0] })
            #expect(statistics.selecting(chosen) == alone)
            #expect(statistics.total(of: chosen) == alone.total)
            #expect(statistics[2].count == metric.width && statistics.count == 5)
        }
    }

    @Test("a long text takes time in proportion to it, whatever is in it")
    func long() {
        // Of 200,000 characters; a comparison of each with each would take minutes.
        let same = String(repeating: "a", count: 50_000)
        let different = String(
            String.UnicodeScalarView((0..<50_000).compactMap { Unicode.Scalar(UInt32(0x20000 + $0 % 40_000)) }))
        for text in [same, different, same + different] {
            let score = ChrF(wordOrder: 2).statistics(of: [Prediction(text, references: [text])])
            #expect(score[0].prefix(3).allSatisfy { $0 == text.unicodeScalars.count })
            #expect(ChrF(wordOrder: 2).score(of: score) == 100)
        }
    }

    @Test("a tokenizer of pieces gets the text without white space at its end; pieces may hold white space")
    func pieces() {
        let metric = BLEU(
            tokenization: .pieces(name: "flores200") { text in
                #expect(text == " a b")
                return ["▁a\u{A0}b", "c", " "]
            })
        let statistics = metric.statistics(of: [Prediction(" a b \n", references: [" a b"])])
        #expect(Array(statistics[0]) == [3, 3, 3, 2, 1, 0, 3, 2, 1, 0])
        #expect(MetricSignature.text(of: metric, statistics).contains("|tok:flores200|"))
    }
}
