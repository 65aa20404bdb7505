import Evaluation
import JSONReading

/// A corpus score as `calm metric` prints it.
struct MetricResult {
    let json: JSONNode

    /// - Parameter bootstrap: nil for the score alone.
    init(
        _ metric: some CorpusMetric, _ statistics: CorpusStatistics, baseline: CorpusStatistics?,
        _ bootstrap: Bootstrap?
    ) {
        var members: [(String, JSONNode)] = [
            ("score", .double(metric.score(of: statistics))),
            ("signature", .string(MetricSignature.text(of: metric, statistics, bootstrap: bootstrap))),
        ]
        if metric is GradeSchoolMath {
            let total = statistics.total
            members += [("correct", .int(total[0])), ("count", .int(total[1]))]
        }
        if let baseline, let bootstrap {
            let comparison = PairedComparison(statistics, to: baseline, metric, bootstrap)
            members += Self.members(comparison.scores, mean: comparison.scores.comparedMean)
            let other =
                [("score", .double(metric.score(of: baseline)))]
                + Self.members(comparison.baseline, mean: comparison.baseline.comparedMean)
                + [("sentences", Self.sentences(metric, baseline))]
            members += [
                ("baseline", .object(JSONMembers(other))), ("difference", .double(comparison.difference)),
                ("difference_interval", Self.json(comparison.interval)), ("p_value", .double(comparison.probability)),
            ]
        } else if let bootstrap {
            let scores = bootstrap.scores(of: statistics, metric)
            members += Self.members(scores, mean: scores.mean)
        }
        members.append(("sentences", Self.sentences(metric, statistics)))
        json = .object(JSONMembers(members))
    }

    private static func members(_ scores: ResampledScores, mean: Double) -> [(String, JSONNode)] {
        [("mean", .double(mean)), ("ci", .double(scores.halfWidth)), ("interval", json(scores.interval))]
    }

    private static func json(_ interval: ClosedRange<Double>) -> JSONNode {
        .array([.double(interval.lowerBound), .double(interval.upperBound)])
    }

    private static func sentences(_ metric: some CorpusMetric, _ statistics: CorpusStatistics) -> JSONNode {
        .array(metric.sentenceScores(of: statistics).map { .double($0) })
    }
}

extension JSONMembers {
    /// - Precondition: the names differ.
    fileprivate init(_ members: [(String, JSONNode)]) {
        self.init()
        for (name, value) in members {
            let isNew = append(name, value)
            precondition(isNew, "two members are named \(name)")
        }
    }
}
