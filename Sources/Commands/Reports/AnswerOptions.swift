import ArgumentParser
import Artifacts
import Foundation
import Pipelines
import Reports

/// How a question about test reports is answered: as text or JSON, and as a page besides.
struct AnswerOptions: ParsableArguments {
    @Flag(help: "Write JSON.")
    var json = false

    @Option(
        name: .customLong("html"),
        help: ArgumentHelp(
            "Write a page to this file, besides; '-' for standard output, instead.", valueName: "file"))
    var page: String?

    func validate() throws {
        if page != nil { try OutputFiles().check([("--html", page)]) }
        if json, page == "-" { throw ValidationError("--json and --html - exclude each other") }
    }

    func write(_ answer: HistoryAnswer, _ document: JSONValue) throws {
        let file = page.map { ReportFile(path: $0) }
        if let file { try write(answer, to: file) }
        if file?.isStandardOutput == true { return }
        try json ? output(json: document) : output(answer.text, terminator: "")
    }

    private func write(_ answer: HistoryAnswer, to file: ReportFile) throws {
        let words = CommandLine.arguments.dropFirst().prefix { !$0.hasPrefix("-") }.joined(separator: " ")
        do {
            try file.write(answer.page(madeBy: "calm \(words)").html())
        } catch {
            throw CommandFailure("error: \(error.description)", exitCode: error.exitCode)
        }
    }
}

extension HistoryAnswer {
    /// The answer for a terminal: the title, its lines, and each section under its own title.
    var text: String {
        let heads = ([title] + lines).map { $0 + "\n" }.joined()
        return heads
            + sections.map { section in
                // Figures without a heading say nothing.
                let heads = section.columns.contains(where: \.isNumber) ? [section.columns.map(\.title)] : []
                // A message is as long as it is; a name is shown whole, since names may differ at their ends.
                let messages = Set(section.columns.indices.filter { section.columns[$0].title == "message" })
                let rows =
                    heads
                    + section.rows.map { row in
                        row.enumerated().map { column, cell in
                            let text = messages.contains(column) ? cell.text.firstLine : cell.text.inOneLine
                            return text.isEmpty ? "–" : text
                        }
                    }
                let texts = section.texts.map { item in
                    let lines = item.text.split(separator: "\n", omittingEmptySubsequences: false)
                    return "  \(item.heading)\n" + lines.map { "    \($0)\n" }.joined()
                }
                return section.title + "\n" + columns(rows) + texts.joined()
            }.joined()
    }
}

/// Today in UTC, as quarantines end: `2026-12-31`.
func today() -> String { Date().formatted(.iso8601.year().month().day()) }

/// Whether a text is a day as `2026-12-31`.
func isDay(_ text: String) -> Bool {
    guard let date = try? Date(text, strategy: .iso8601.year().month().day()) else { return false }
    return date.formatted(.iso8601.year().month().day()) == text
}
