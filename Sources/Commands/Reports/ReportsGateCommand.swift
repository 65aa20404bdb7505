import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ReportsGateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Exit with 1 if a run of tests, or a metric of a pipeline, is worse than it may be.",
        discussion: """
            Judges the run that was ingested last, whatever its time; in a CI job, the run that this attempt at the job has
            ingested. A failure is new if the test didn't fail in the baseline; without a baseline, in the first run of a job
            and branch, every failure is new. A run with an incomplete report, or without any test, misses the gate. Failures
            of quarantined tests don't count while the quarantine lasts. Flaky is as in `calm reports flaky`, slower as in
            `calm reports slowest`. A metric is that of the latest run of its pipeline; it is compared with the median of its
            values in the latest executions (--last) less k times their median absolute deviation. Values that missed a gate on
            this metric count only if there are no others; a first value passes. With --metric or --loss and no test reports in
            the store, the metrics alone are judged.

            EXAMPLES
              calm reports gate
              calm reports gate --max-new-failures 2 --max-flaky-share 0.01 --max-slower 0 --max-removed 10
              calm reports gate --metric "scores[model=composed].accuracy" --loss anchor.loss
            """)

    @Argument(help: "The run to judge (default: the one ingested last, or by this CI job).")
    var target: String?

    @Option(help: "Judge the run of this job, where a CI job has ingested several.")
    var job: String?

    @Flag(name: .customLong("metrics-only"), help: "Judge the metrics alone, no run of tests.")
    var metricsOnly = false

    @OptionGroup var rules: GateOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if metricsOnly, rules.metrics.isEmpty, rules.losses.isEmpty {
            throw ValidationError("--metrics-only needs a --metric or a --loss")
        }
        if metricsOnly, target != nil { throw ValidationError("--metrics-only judges no run, found '\(target ?? "")'") }
        if job != nil, target != nil { throw ValidationError("name a run or a --job, not both") }
    }

    func run() throws {
        let (_, catalogue, archive) = try store.openReports()
        // A pipeline's metrics can be judged where no tests were ingested.
        let hasMetrics = !rules.metrics.isEmpty || !rules.losses.isEmpty
        let isOfMetricsOnly = try metricsOnly || (target == nil && hasMetrics && catalogue.testRuns(limit: 1).isEmpty)
        let run = isOfMetricsOnly ? nil : try judgedRun(catalogue)
        let judged = try rules.judge(run, isJustIngested: target == nil, catalogue)
        try json ? output(json: judged.json) : output(judged.text, terminator: "")
        // Of what can't be read, nobody knows whether it failed.
        if let run {
            let first = try catalogue.firstIngestion(of: run)
            let unread = archive.problems.filter { $0.mayConcern(run, ingestedFrom: first) }
            if !unread.isEmpty {
                throw CommandFailure(
                    "error: the run can't be judged without a report of it, or of a later one, that can't be read",
                    exitCode: Pipelines.ExitCode.store)
            }
        }
        if !judged.result.passed { throw CommandFailure("", exitCode: 1) }
    }

    private func judgedRun(_ catalogue: Catalogue) throws -> TestRunRow {
        if let target { return try catalogue.testRun(target) }
        // Says so if there is none at all.
        let latest = try catalogue.testRun("latest")
        let server = ContinuousIntegration(ProcessInfo.processInfo.environment)
        guard server.isServer else {
            guard let job else { return try catalogue.latestIngestedTestRun() ?? latest }
            let runs = try catalogue.testRuns().filter { $0.run.job == job }
            let last = runs.max { ($0.sequence, $0.orderedAt, $0.id) < ($1.sequence, $1.orderedAt, $1.id) }
            guard let last else { throw CommandFailure.notFound("no run of the job '\(job)' was ingested") }
            return last
        }
        let substitute = server.substitute(GitCheckout(around: FileManager.default.currentDirectoryPath))
        let ciJob = server.name ?? substitute ?? ""
        let earliest = server.name == nil ? Date().timeIntervalSince1970 - ContinuousIntegration.jobLimit : 0
        let runs = try catalogue.testRuns(ofCIJob: ciJob, since: earliest).filter { job == nil || $0.run.job == job }
        guard let run = runs.first else {
            throw CommandFailure.notFound(
                """
                this CI job has ingested no test report: no run of \(ciJob)\(job.map { " with the job '\($0)'" } ?? "") in \
                \(store.folder); ingest its reports first (`calm reports ingest FILE… --gate`), or name the run to judge \
                (`calm reports gate latest`)
                """)
        }
        guard runs.count == 1 else {
            let names = runs.prefix(5).map(\.run.name).joined(separator: ", ")
            throw CommandFailure.notFound(
                """
                this CI job (\(ciJob)) has ingested \(runs.count) runs: \(names); name the one to judge, or judge each when it \
                is ingested (`calm reports ingest FILE… --gate`)
                """)
        }
        return run
    }
}
