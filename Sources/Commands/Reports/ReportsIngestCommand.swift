import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ReportsIngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Take JUnit XML reports into the store: any writer's, each once.",
        discussion: """
            The files of one call are one run, and so are all those of one job of a CI server. Commit, branch, job, attempt
            and address are read from the variables of GitHub, GitLab, Jenkins, CircleCI, Buildkite and Azure. The same
            bytes of the same run change nothing. A file that isn't well-formed is read as far as possible, with a warning;
            one that is hostile, or no report, is refused as a whole: then the exit code is 2, and the others are ingested.

            EXAMPLES
              calm reports ingest report.xml
              calm reports ingest build/test-results --commit 0123abc --branch main --job linux
            """)

    @Argument(help: ArgumentHelp("Files, and folders in which every .xml is tried.", valueName: "path"))
    var paths: [String]

    @Option(name: .customLong("run"), help: "The run's name; files ingested under one name are one run.")
    var runName: String?

    @Option(help: "The commit that was tested.")
    var commit: String?

    @Option(help: "The branch.")
    var branch: String?

    @Option(help: "The job: runs are compared with earlier ones of the same job.")
    var job: String?

    @Option(help: "Which attempt at the same commit and job, from 1.")
    var attempt: Int?

    @Option(help: "The run's page on the CI server.")
    var url: String?

    @Option(help: "When the run was, as 2026-11-25T09:00:00Z; now if left out.")
    var time: String?

    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if runName?.isEmpty == true { throw ValidationError("--run takes a name, found nothing") }
        if let attempt, attempt < 1 { throw ValidationError("--attempt takes 1 or more, found \(attempt)") }
        if let time, Self.seconds(time) == nil {
            throw ValidationError("--time takes a time such as 2026-11-25T09:00:00Z, found '\(time)'")
        }
    }

    private static func seconds(_ time: String) -> Double? {
        (try? Date(time, strategy: .iso8601))?.timeIntervalSince1970
    }

    func run() throws {
        let files: [(file: URL, isNamed: Bool)]
        do {
            files = try ReportArchive.files(paths)
        } catch let refusal as RefusedReport {
            throw CommandFailure.notFound("\(refusal)")
        }
        let store = try store.openOrCreate()
        let archive = try ReportArchive(store, try Catalogue(store: store))
        let named = Set(files.filter(\.isNamed).map(\.file))
        var documents: [JSONValue] = []
        var refusals: [RefusedReport] = []
        try archive.ingest(files.map(\.file), run: testRun) { file, outcome in
            if case .refused(let refusal) = outcome, named.contains(file) || !refusal.isForeign {
                refusals.append(refusal)
            }
            if json {
                documents.append(document(file, outcome))
            } else {
                try output(text(file, outcome), terminator: "")
            }
        }
        if json { try output(json: JSONValue.array(documents)) }
        if files.isEmpty { throw CommandFailure.notFound("no .xml file below \(paths.joined(separator: ", "))") }
        if !archive.problems.isEmpty || !refusals.isEmpty {
            let lines = archive.problems + refusals.map(\.description)
            throw CommandFailure(
                lines.map { "error: \($0)" }.joined(separator: "\n"),
                exitCode: refusals.isEmpty ? Pipelines.ExitCode.store : Pipelines.ExitCode.usage)
        }
    }

    private var testRun: TestRun {
        let found = ContinuousIntegration(ProcessInfo.processInfo.environment)
        return TestRun(
            name: runName ?? found.run ?? "", commit: commit ?? found.commit, branch: branch ?? found.branch,
            job: job ?? found.job, attempt: attempt ?? found.attempt, url: url ?? found.url,
            startedAt: time.flatMap(Self.seconds) ?? Date().timeIntervalSince1970)
    }

    private func text(_ file: URL, _ outcome: ReportArchive.Outcome) -> String {
        switch outcome {
        case .ingested(let record, let summary):
            let counts = [(summary.failures, "failed"), (summary.errors, "broken"), (summary.skipped, "skipped")]
            let some = counts.filter { $0.0 > 0 }.map { ", \($0.0) \($0.1)" }.joined()
            return "\(record.file): \(counted(summary.tests, "test"))\(some), run \(record.run.name)\n"
                + summary.warnings.map { "  warning: \($0)\n" }.joined()
        case .known(let id): return "\(file.lastPathComponent): ingested before, as report \(id.short)\n"
        case .refused(let refusal) where refusal.isForeign: return "\(file.lastPathComponent): \(refusal.reason)\n"
        case .refused: return ""
        }
    }

    private func document(_ file: URL, _ outcome: ReportArchive.Outcome) -> JSONValue {
        var fields: [String: JSONValue] = ["file": .string(file.path)]
        switch outcome {
        case .ingested(let record, let summary):
            fields["outcome"] = .string("ingested")
            fields["report"] = .string(record.id.hex)
            fields["run"] = .string(record.run.name)
            fields["tests"] = .int(summary.tests)
            fields["failures"] = .int(summary.failures)
            fields["errors"] = .int(summary.errors)
            fields["skipped"] = .int(summary.skipped)
            fields["seconds"] = .number(summary.seconds)
            fields["warnings"] = .array(summary.warnings.map(JSONValue.string))
        case .known(let id):
            fields["outcome"] = .string("known")
            fields["report"] = .string(id.hex)
        case .refused(let refusal):
            fields["outcome"] = .string("refused")
            fields["reason"] = .string(refusal.reason)
        }
        return .object(fields)
    }
}
