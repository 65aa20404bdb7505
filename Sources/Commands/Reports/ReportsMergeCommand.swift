import ArgumentParser
import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports

struct ReportsMergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Write several JUnit reports as one that CI servers accept, without losing a case.",
        discussion: """
            The report is valid against Jenkins' schema, which lets a case have no properties and no file: those become lines
            [[PROPERTY|name=value]] of its output. Times keep three decimals. A file that isn't well-formed is read as far as
            possible, with a warning; if one is refused, nothing is written. Other documents in a folder or an archive are passed
            over, unless they say of more tests that they failed than the reports do.

            EXAMPLE
              calm reports merge build/test-results unit.xml --junit all.xml
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, folders in which every .xml, .tap, .gz and .zip is tried, or '-'.", valueName: "path"))
    var paths: [String]

    @Option(help: ArgumentHelp("The report to write; '-' for standard output.", valueName: "file"))
    var junit: String

    func run() throws {
        var merged = MergedReport()
        var count = 0
        let file = ReportFile(path: junit)
        do {
            let target = FilePlace(junit)
            let search = ReportSearch(paths)
            defer { withExtendedLifetime(search) {} }
            if let warning = search.warning { complain("warning: \(warning)") }
            if let first = search.unreadable.first { throw first.refusal }
            let named = search.files.filter(\.isNamed).map { ("the report \($0.shown)", $0.url.path) }
            try OutputFiles(besides: named).check([("--junit", junit)])
            var foreign = ForeignDocuments()
            var failures: [ReportedFailure] = []
            for part in search.files {
                // Merged again, a folder's earlier result isn't one of its parts.
                if !part.isNamed && FilePlace(part.url.path).isSame(as: target) { continue }
                defer { search.discard(part) }
                do {
                    let read = try merged.add(part.url, name: part.name)
                    for warning in read.warnings { complain("warning: \(part.shown): \(warning)") }
                    failures += merged.failedTests.map {
                        ReportedFailure(file: part.name, origin: part.origin, test: $0, counts: true)
                    }
                    count += 1
                } catch let refusal as RefusedReport where refusal.isForeign && !part.isNamed {
                    foreign.add(part, refusal)
                } catch let refusal as RefusedReport { throw refusal.named(part.shown) }
            }
            let silent = search.foldersWithoutReports(foreign.documents) + foreign.failing(beside: failures)
            if let first = silent.first { throw first.refusal }
            // Which of the failures a gate will count isn't known here.
            for doubt in foreign.failing(beside: failures.map(\.uncounted)) {
                merged.report(incomplete: "\(doubt.name): \(doubt.refusal.reason)")
            }
        } catch let refusal as RefusedReport {
            let reason = "\(refusal.file) isn't merged: \(refusal.reason)"
            throw CommandFailure("error: \(reason)", exitCode: Pipelines.ExitCode.usage)
        }
        guard count > 0 else { throw CommandFailure.notFound("no report below \(paths.joined(separator: ", "))") }
        do {
            try file.write(merged.xml())
        } catch {
            throw CommandFailure("error: \(error.description)", exitCode: error.exitCode)
        }
        let line = "\(counted(count, "report")), \(counted(merged.summary.tests, "test")): \(junit)"
        try file.isStandardOutput ? complain(line) : output(line)
    }
}
