/// What a score must be published with, in sacrebleu's form: `nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0`.
package enum MetricSignature {
    /// The version of sacrebleu whose figures these are.
    static let sacreBLEUVersion = "2.6.0"

    /// - Parameter bootstrap: with which an interval or a comparison was calculated.
    package static func text(
        of metric: any CorpusMetric, _ statistics: CorpusStatistics, bootstrap: Bootstrap? = nil
    ) -> String {
        var parts = [("nrefs", statistics.referenceCount.map(String.init) ?? "var")]
        if let bootstrap { parts += [("bs", "\(bootstrap.resamples)"), ("seed", "\(bootstrap.seed)")] }
        parts += metric.signature
        return parts.map { "\($0):\($1)" }.joined(separator: "|")
    }
}
