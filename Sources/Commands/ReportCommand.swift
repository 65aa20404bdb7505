import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report on a run as a page, or compare several.",
        discussion: """
            One run: verdict, gates, results beside the paper's, predictions side by side, curves, graph, timeline,
            environment and commands. Without an option the page goes to report.html in the run's folder, and its path is
            printed. Several runs: a table of their metrics, in the order named; without an option as text.

            EXAMPLES
              calm report latest --html report.html
              calm report latest --markdown
              calm report 20260102 latest --html comparison.html
            """)

    @Argument(
        help: "Runs, by id, prefix or 'latest'; the latest if none is named.", completion: .custom(Completion.runs))
    var runs: [String] = []

    @OptionGroup var store: StoreOptions

    @Option(help: "Write a page to this file; '-' for standard output.")
    var html: String?

    @Flag(help: "Write Markdown to standard output, short enough for a comment on GitHub.")
    var markdown = false

    @Flag(help: "Write the results tables alone as Markdown, with run, date, command, machine and time.")
    var tables = false

    @Flag(help: "Write JSON to standard output.")
    var json = false

    func validate() throws {
        if [html != nil, markdown, tables, json].count(where: { $0 }) > 1 {
            throw ValidationError("--html, --markdown, --tables and --json exclude each other")
        }
        if html != nil { try OutputFiles(store: store.url).check([("--html", html)]) }
        if tables, runs.count > 1 { throw ValidationError("--tables takes one run, \(runs.count) are named") }
    }

    func run() throws {
        let store = try store.open()
        let catalogue = try Catalogue(store: store)
        let rows =
            try runs.isEmpty ? [Reference.latest(in: catalogue)] : runs.map { try Reference.run($0, in: catalogue) }
        let clear = try ClearVariables(in: catalogue)
        defer { clear.warn() }
        if rows.count == 1 {
            let report = try RunReport(rows[0], catalogue: catalogue, store: store)
            if markdown { return try output(raw: clear.masking(Data(report.markdown().utf8))) }
            if tables { return try output(raw: clear.masking(Data(report.tablesMarkdown().utf8))) }
            if json { return try output(json: clear.masking(report.json)) }
            let own = store.runs.appendingPathComponent("\(rows[0].id)/report.html")
            try write(clear.masking(report.page().html()), to: html ?? own.path, isOwn: html == nil)
        } else {
            let comparison = try RunSeries(rows, catalogue: catalogue)
            if markdown { return try output(raw: Data(comparison.markdown().utf8)) }
            if json { return try output(json: comparison.json) }
            guard let html else { return try output(text(comparison), terminator: "") }
            try write(comparison.page().html(), to: html, isOwn: false)
        }
    }

    private func write(_ page: Data, to path: String, isOwn: Bool) throws {
        let file = ReportFile(path: path)
        do {
            try file.write(page)
        } catch {
            throw CommandFailure(
                "error: \(error.description)" + (isOwn ? "; --html FILE names another place" : ""),
                exitCode: isOwn ? Pipelines.ExitCode.store : error.exitCode)
        }
        if !file.isStandardOutput { try output(path) }
    }

    private func text(_ comparison: RunSeries) -> String {
        let changed = comparison.metrics.filter(\.differs)
        let heads = [["", ""] + comparison.runs.map(\.run.id) + [""]]
        let rows = changed.map { metric in
            [metric.stage, metric.name] + metric.values.map { $0.map { formatted(number: $0) } ?? "–" }
                + [Sparkline.text(metric.values)]
        }
        let same = comparison.metrics.count - changed.count
        return columns(heads + rows) + "\(counted(same, "metric")) \(same == 1 ? "is" : "are") the same in every run\n"
    }
}

/// A file that a report is written to, whole or not at all; `-` is standard output.
struct ReportFile {
    let url: URL
    let isStandardOutput: Bool

    struct Problem: Error, CustomStringConvertible {
        let description: String
        /// Wrong usage for a place where no file can be; otherwise that of what can't be written, such as a full disk.
        let exitCode: Int32
    }

    init(path: String) {
        url = URL(fileURLWithPath: path)
        isStandardOutput = path == "-"
    }

    /// Sees to it that the file can be written, before long work: makes its folder.
    func prepare() throws(Problem) {
        if isStandardOutput { return }
        // A device or a pipe is written to as it stands there.
        var status = stat()
        if stat(url.path, &status) == 0, [S_IFCHR, S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT) { return }
        let folder = url.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw Self.unfit("the folder \(folder.path) can't be made: \(error.localizedDescription)")
        }
        var isFolder: ObjCBool = false
        guard access(folder.path, W_OK) == 0,
            !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) || !isFolder.boolValue
        else { throw Self.unfit("no file can be written at \(url.path)") }
    }

    private static func unfit(_ description: String) -> Problem {
        Problem(description: description, exitCode: Pipelines.ExitCode.usage)
    }

    func write(_ bytes: Data) throws(Problem) {
        try prepare()
        do {
            try isStandardOutput ? output(raw: bytes) : WholeFile.write(bytes, to: url)
        } catch {
            let place = isStandardOutput ? "standard output" : url.path
            throw Problem(
                description: "the report can't be written to \(place): \(error)", exitCode: Pipelines.ExitCode.store)
        }
    }
}
