import Artifacts
import Pipelines

/// What the figures of an evaluation are, for tables: the metadata of its metrics say so, unless they are shares.
enum ScoreNature: String {
    /// Shares, shown in per cent, with Wilson's intervals.
    case share
    /// Numbers of any kind, with intervals by the bootstrap over documents.
    case bootstrapped

    static let field = "figures"

    var value: JSONValue { .string(rawValue) }

    /// - Throws: `StageFailure` (bad input) if they are something that a later version knows.
    init(of metrics: Artifact) throws {
        guard let value = metrics.manifest.metadata[Self.field] else {
            self = .share
            return
        }
        guard case .string(let name) = value, let nature = Self(rawValue: name) else {
            throw StageFailure(
                .badInput,
                "metrics \(metrics.digest.short): \(Self.field) is \(value.canonical), expected share or bootstrapped")
        }
        self = nature
    }
}

extension StageContext {
    /// Gives metrics with bootstrapped intervals, and writes them for tables.
    func writeBootstrapped(_ metrics: [String: Double], label: String) throws {
        for (name, value) in metrics { metric(name, value) }
        try write(
            "metrics",
            metadata: [
                "label": .string(label), "notes": .array([]), ScoreNature.field: ScoreNature.bootstrapped.value,
            ],
            members: [(EvaluateStage.metricsMember, try prettyJSON(metrics))])
    }
}
