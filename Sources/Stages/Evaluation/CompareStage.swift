import Artifacts
import Evaluation
import Foundation
import Pipelines

/// `results.compare`: how far the answers of systems are ahead of a baseline's to the same prompts, by the paired bootstrap.
///
/// Every resample draws the same answers of both, so that what is difficult for both makes no difference.
///
/// Source: P. Koehn, Statistical significance tests for machine translation evaluation, EMNLP 2004.
enum CompareStage: InputNamingKind {
    struct Parameters: StageParameters {
        var title = ""
        var metric = AnswerMetric.chrf
        var resamples = 1_000
        var seed = 12_345

        static let fields: [ParameterField<Self>] = [
            .string("title", \.title, "What stands above the row names"),
            .choice("metric", \.metric, "How answers are scored, with sacrebleu's defaults"),
            .int("resamples", \.resamples, in: 40...100_000, "Resamples of the bootstrap"),
            .int("seed", \.seed, in: 0...Int.max, "Of the bootstrap; the default is sacrebleu's"),
        ]
    }

    static let name = "results.compare"
    static let version = 1
    static let summary = "How far systems' answers are ahead of a baseline's, by the paired bootstrap"
    static let metrics: [MetricDeclaration]? = [
        MetricDeclaration("<system>.score", "The system's score, from 0 to 100"),
        MetricDeclaration("<system>.difference", "Its score minus the baseline's"),
        MetricDeclaration("<system>.difference-low", "Lower end of the difference's 95% interval"),
        MetricDeclaration("<system>.difference-high", "Upper end of the difference's 95% interval"),
        MetricDeclaration("<system>.p", "Probability of such a difference if there were none"),
        MetricDeclaration("<system>.groups-ahead", "In how many groups of examples it is ahead of the baseline"),
        MetricDeclaration("<system>.<group>.difference", "The same of each group, with its interval"),
    ]

    static func inputs(_ parameters: Parameters) -> [InputRole] {
        [
            InputRole("baseline", [.predictions], "what the systems are compared with, of \(AnswersStage.name)"),
            InputRole("systems", [.predictions], .many, "answers to the same prompts"),
        ]
    }

    static func outputs(_ parameters: Parameters) -> [OutputRole] {
        [OutputRole("table", .table, "a row for each system, and the baseline's")]
    }

    static func run(_ parameters: Parameters, _ context: StageContext) throws {
        let metric = parameters.metric.metric
        let bootstrap = Bootstrap(resamples: parameters.resamples, seed: UInt64(parameters.seed))
        let artifact = try context.input("baseline")
        let baseline = try StoredPrediction.predictions(of: artifact)
        let baselineStatistics = metric.statistics(of: baseline.map(\.prediction))
        let groups = StoredPrediction.groups(of: baseline).filter { $0.rows.count < baseline.count }

        let cells = context.inputLabels("systems").map(CellName.init)
        let hasOneStage = Set(cells.map(\.stage)).count == 1
        let names = cells.map { $0.name(of: $0.axes, hasOneStage: hasOneStage && cells.count > 1) }
        let baselineName = "baseline"
        let columns = ["score", "difference", "p"] + (groups.isEmpty ? [] : ["groups-ahead"])
        var table = ResultTable(
            title: parameters.title, columns: columns, rows: [baselineName] + names, values: [:], margins: [:],
            reference: [:], notes: [])
        table.isPlain = true
        let score = metric.score(of: baselineStatistics)
        table.values["\(baselineName).score"] = score
        context.metric("\(baselineName).score", score)

        for (name, input) in zip(names, try context.inputs("systems")) {
            let system = try StoredPrediction.predictions(of: input)
            guard system.map(\.references) == baseline.map(\.references) else {
                throw StageFailure(
                    .badInput,
                    "'\(input.stage)' has \(system.count) answers and '\(artifact.stage)' \(baseline.count), "
                        + "and what they should be isn't the same: compare answers to the same dataset")
            }
            let statistics = metric.statistics(of: system.map(\.prediction))
            func compare(_ rows: [Int]?, _ prefix: String) -> PairedComparison {
                let comparison = PairedComparison(
                    rows.map { statistics.selecting($0) } ?? statistics,
                    to: rows.map { baselineStatistics.selecting($0) } ?? baselineStatistics, metric, bootstrap)
                context.metric("\(prefix).difference", comparison.difference)
                context.metric("\(prefix).difference-low", comparison.interval.lowerBound)
                context.metric("\(prefix).difference-high", comparison.interval.upperBound)
                return comparison
            }
            let comparison = compare(nil, name)
            let ahead = groups.count { compare($0.rows, "\(name).\($0.name)").difference > 0 }
            let values = [
                "score": metric.score(of: statistics), "difference": comparison.difference,
                "p": comparison.probability, "groups-ahead": Double(ahead),
            ]
            for column in columns { table.values["\(name).\(column)"] = values[column] }
            table.margins?["\(name).difference"] =
                (comparison.interval.upperBound - comparison.interval.lowerBound) / 2
            for column in ["score", "p"] { context.metric("\(name).\(column)", values[column] ?? 0) }
            if !groups.isEmpty { context.metric("\(name).groups-ahead", Double(ahead)) }
        }
        table.notes = [
            "\(parameters.metric.rawValue) of \(baseline.count) answers; ± is half of the paired bootstrap's 95% interval, "
                + "\(parameters.resamples) resamples."
        ]
        if !groups.isEmpty { table.notes.append("groups-ahead: of \(groups.count) groups, where the score is higher.") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        try context.write("table", members: [(ResultTable.member, try encoder.encode(table))])
    }
}
