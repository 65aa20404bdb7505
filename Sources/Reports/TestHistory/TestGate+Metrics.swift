import Catalogue

extension TestGate {
    func judge(_ metric: Metric, _ catalogue: Catalogue) throws -> Verdict {
        var found: MetricHistory?
        for (stage, name) in metric.readings where found == nil {
            found = try catalogue.metricHistory(stage: stage, metric: name, last: metric.last)
        }
        guard let history = found else { throw UnknownMetric(name: metric.text) }
        let rule = "metric \(metric.text)"
        if let newer = history.unsuccessful {
            return Verdict(
                rule: rule, value: history.value, limit: nil, passed: false,
                explanation:
                    "run \(newer) failed to make it; \(history.value.short) is of run \(history.run), before it")
        }
        guard let earlier = Spread(of: history.earlier) else {
            return Verdict(
                rule: rule, value: history.value, limit: nil, passed: history.value.isFinite,
                explanation:
                    "\(history.value.short) in run \(history.run), the first: there is nothing to hold it against")
        }
        let missed = history.areEarlierMissed ? "; each of them missed a gate on it, and there are no others" : ""
        let slack = metric.deviations * earlier.deviation + metric.tolerance
        let limit = metric.isBetterBelow ? earlier.median + slack : earlier.median - slack
        let passed =
            history.value.isFinite && (metric.isBetterBelow ? history.value <= limit : history.value >= limit)
        return Verdict(
            rule: rule, value: history.value, limit: limit, passed: passed,
            explanation: """
                \(history.value.short) in run \(history.run), at \(metric.isBetterBelow ? "most" : "least") \(limit.short): the \
                median of \(counted(earlier.count, "earlier value")) is \(earlier.median.short), their deviation \
                \(earlier.deviation.short)\(missed)
                """, evidence: history.earlier.map(\.short))
    }
}
