import Evaluation
import Testing

/// The bootstrap beside sacrebleu's.
@Suite struct BootstrapTests {
    private struct Comparison: Decodable {
        struct Result: Decodable {
            let metric: String
            let signature: String
            let p, mean, ci, baselineMean, baselineCI, meanAlone, ciAlone: Double
        }
        let name: String
        let predictions: [CorpusMetricTests.Corpus.Text]
        let baseline: [String]
        let results: [Result]
    }

    private static let metrics: [String: any CorpusMetric] = [
        "chrf": ChrF(), "chrf++": ChrF(wordOrder: 2), "bleu": BLEU(),
    ]

    @Test("means, intervals, p and signatures are sacrebleu's")
    func oracle() throws {
        let comparisons = try Fixture.read("comparisons.json", as: [Comparison].self)
        #expect(comparisons.map(\.name) == ["plain", "random", "several"])
        for comparison in comparisons {
            let system = comparison.predictions.map { Prediction($0.hypothesis, references: $0.references) }
            let baseline = zip(comparison.predictions, comparison.baseline).map {
                Prediction($1, references: $0.references)
            }
            #expect(comparison.results.count == 3)
            for expected in comparison.results {
                let metric = try #require(Self.metrics[expected.metric])
                try check(metric, system, baseline, expected, comparison.name)
            }
        }
    }

    private func check(
        _ metric: some CorpusMetric, _ system: [Prediction], _ baseline: [Prediction], _ expected: Comparison.Result,
        _ name: String
    ) throws {
        let statistics = metric.statistics(of: system)
        let bootstrap = Bootstrap()
        let found = PairedComparison(statistics, to: metric.statistics(of: baseline), metric, bootstrap)
        let pairs = [
            (found.probability, expected.p), (found.scores.comparedMean, expected.mean),
            (found.scores.halfWidth, expected.ci), (found.baseline.comparedMean, expected.baselineMean),
            (found.baseline.halfWidth, expected.baselineCI), (found.scores.mean, expected.meanAlone),
            (bootstrap.scores(of: statistics, metric).halfWidth, expected.ciAlone),
        ]
        for (index, pair) in pairs.enumerated() {
            #expect(
                abs(pair.0 - pair.1) <= CorpusMetricTests.tolerance,
                "\(name), \(expected.metric), figure \(index): \(pair)")
        }
        #expect(MetricSignature.text(of: metric, statistics, bootstrap: bootstrap) == expected.signature)
        #expect(found.interval.lowerBound <= found.interval.upperBound)
    }

    @Test("sums beyond 24 bits are rounded as NumPy rounds them")
    func rounding() throws {
        struct Counts: Decodable {
            let rows: [[Int]]
            let scores: [Double]
        }
        let counts = try Fixture.read("large-counts.json", as: Counts.self)
        var statistics = CorpusStatistics(width: ChrF().width)
        for row in counts.rows { statistics.append(row, referenceCount: 1) }
        let scores = Bootstrap().scores(of: statistics, ChrF()).values
        #expect(scores.count == 1_000 && counts.scores.count == 50)
        #expect(Array(scores.prefix(50)) == counts.scores)
    }

    @Test("systems that don't differ in any sentence have a difference of 0 and a p of 1")
    func equal() {
        let texts = ["a cat sat", "the dog ran off", "no"].map { Prediction($0, references: ["a cat sat there"]) }
        let statistics = ChrF().statistics(of: texts)
        let comparison = PairedComparison(statistics, to: statistics, ChrF(), Bootstrap(resamples: 50))
        #expect(comparison.difference == 0 && comparison.interval == 0...0 && comparison.probability == 1)
    }

    @Test("a better system has a small p, whichever is called the baseline, and an interval on its side of 0")
    func difference() {
        let good = GradeSchoolMath().statistics(
            of: (0..<60).map { Prediction("#### \($0 % 6 == 0 ? 0 : 1)", references: ["1"]) })
        let bad = GradeSchoolMath().statistics(
            of: (0..<60).map { Prediction("#### \($0 % 3 == 0 ? 1 : 0)", references: ["1"]) })
        let better = PairedComparison(good, to: bad, GradeSchoolMath(), Bootstrap())
        let worse = PairedComparison(bad, to: good, GradeSchoolMath(), Bootstrap())
        #expect(better.probability < 0.01 && worse.probability < 0.01)
        #expect(better.interval.lowerBound > 0 && worse.interval.upperBound < 0)
        #expect(abs(better.difference - 50) < 1e-12 && worse.difference == -better.difference)
    }

    @Test("another seed draws other resamples, the same seed the same")
    func seeds() {
        let statistics = GradeSchoolMath().statistics(
            of: (0..<20).map { Prediction("#### \($0 % 2)", references: ["1"]) })
        func scores(_ seed: UInt64) -> ResampledScores {
            Bootstrap(resamples: 30, seed: seed).scores(of: statistics, GradeSchoolMath())
        }
        #expect(scores(1) == scores(1) && scores(1) != scores(2))
    }
}
