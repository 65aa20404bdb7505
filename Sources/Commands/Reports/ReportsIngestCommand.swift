import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ReportsIngestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Take test reports into the store: JUnit XML of any writer, and TAP; each once.",
        discussion: """
            The files of one call are one run, and so are all those of one job of a CI server. Commit, branch, job, attempt
            and address are read from the variables of CI servers (GitHub, GitLab, Jenkins, CircleCI, Azure and others); elsewhere
            commit and branch from the Git checkout. The same bytes of the same run change nothing. A file that isn't well-formed is
            read as far as possible, with a warning. What can't be read or is no report is refused: the exit code is 2, the
            other files are ingested, and the run counts as incomplete. With --gate the run is judged at once, as by
            `calm reports gate`: the exit code is 1 if a rule is missed.

            EXAMPLES
              calm reports ingest report.xml
              calm reports ingest build/test-results --gate --max-flaky-share 0.01
              calm reports ingest build/test-results --commit 0123abc --branch main --job linux
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, folders in which every .xml, .tap, .gz and .zip is tried, or '-' for standard input.",
            valueName: "path"))
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

    @Option(help: "When the run was, as 2026-11-25T09:00:00Z (default: what the reports say, or now).")
    var time: String?

    @Flag(name: .customLong("gate"), help: "Judge the run as `calm reports gate` does, by the rules below.")
    var isJudged = false

    @OptionGroup(title: "Rules of --gate") var rules: GateOptions
    @OptionGroup var store: StoreOptions

    @Flag(help: "Write JSON.")
    var json = false

    func validate() throws {
        if runName?.isEmpty == true { throw ValidationError("--run takes a name, found nothing") }
        if let attempt, attempt < 1 { throw ValidationError("--attempt takes 1 or more, found \(attempt)") }
        // Else a rule would be said, and never judged.
        if !isJudged, let option = GateOptions.option(among: CommandLine.arguments.prefix { $0 != "--" }) {
            throw ValidationError("\(option) is a rule of the gate: add --gate, or leave it out")
        }
        if let time, IngestedRun.seconds(time) == nil {
            throw ValidationError("--time takes a time such as 2026-11-25T09:00:00Z, found '\(time)'")
        }
    }

    func run() throws {
        let search = ReportSearch(paths)
        // What it has unpacked goes with it.
        defer { withExtendedLifetime(search) {} }
        if let warning = search.warning { complain("warning: \(warning)") }
        let run = IngestedRun(self, search.files)
        if let warning = run.warning { complain("warning: \(warning)") }
        var unreadable = search.unreadable
        // Folders that only hold other documents are told of below.
        if !search.files.isEmpty { unreadable += search.foldersWithoutReports([]) }
        // Where there is a store, the gate must know that nothing could be read; a mistyped name alone makes none.
        if search.files.isEmpty, !FileManager.default.fileExists(atPath: store.url.path) {
            unreadable += search.foldersWithoutReports([])
            if json { try output(json: document(unreadable.map { Self.document($0.refusal) }, [])) }
            let lines = unreadable.map { "error: \($0.refusal)" }
            throw CommandFailure(lines.joined(separator: "\n"), exitCode: Pipelines.ExitCode.usage)
        }
        let store = try store.openOrCreate()
        let catalogue = try Catalogue(store: store)
        let archive = try ReportArchive(store, catalogue)
        var documents: [JSONValue] = []
        var refusals: [RefusedReport] = []
        var foreign = ForeignDocuments()
        var reports: [(file: ReportInput, id: Digest)] = []
        func take(_ file: ReportInput, _ outcome: ReportArchive.Outcome) throws {
            switch outcome {
            case .refused(let refusal) where refusal.isForeign && !file.isNamed: foreign.add(file, refusal)
            case .refused(let refusal): refusals.append(refusal.named(file.shown))
            case .ingested(let record, _): reports.append((file, record.id))
            case .known(let id, _): reports.append((file, id))
            }
            search.discard(file)
            if json {
                documents.append(Self.document(file, outcome))
            } else {
                try output(Self.text(file, outcome), terminator: "")
            }
        }
        var judged = try archive.ingest(
            search.files, unreadable: unreadable, run: run.run, time: run.time, each: take)
        // Folders with nothing but other documents, and other documents that say of failures what no report does.
        var late = search.foldersWithoutReports(foreign.documents).filter { !unreadable.contains($0) }
        if foreign.areAlarming {
            late += foreign.failing(beside: try rules.failures(of: reports, in: judged, catalogue))
        }
        if !late.isEmpty {
            unreadable += late
            var same = run.run
            same.name = judged.first ?? same.name
            judged = try archive.ingest([], unreadable: late, run: same, time: run.time, each: take)
        }
        documents += unreadable.map { Self.document($0.refusal) }
        let results = try isJudged ? judge(judged, catalogue) : []
        if json { try output(json: document(documents, results)) }
        if !archive.problems.isEmpty { complain("warning: " + archive.problems.wordsWithWayOut) }
        let isRefused = !refusals.isEmpty || !unreadable.isEmpty
        guard isRefused || results.contains(where: { !$0.result.passed }) else { return }
        let lines = (unreadable.map(\.refusal) + refusals).map { "error: \($0)" }
        throw CommandFailure(lines.joined(separator: "\n"), exitCode: isRefused ? Pipelines.ExitCode.usage : 1)
    }

    private func judge(_ names: [String], _ catalogue: Catalogue) throws -> [JudgedRun] {
        try names.map { name in
            let judged = try rules.judge(try catalogue.testRun(name), isJustIngested: true, catalogue)
            if !json { try output(judged.text, terminator: "") }
            return judged
        }
    }
}
