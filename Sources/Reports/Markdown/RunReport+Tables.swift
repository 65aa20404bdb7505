import Foundation

extension RunReport {
    /// The results tables alone, as Markdown, and where they come from: run, date, command, machine and time.
    package func tablesMarkdown() -> String {
        var text = MarkdownText()
        for table in tables {
            write(table, to: &text)
            for note in table.content.notes { text.line("- \(note)") }
            if !table.content.notes.isEmpty { text.line() }
        }
        let date = Date(timeIntervalSince1970: run.startedAt).formatted(.iso8601.year().month().day())
        let machines = environments.filter { $0.name == "processor" }.map(\.value)
        // Of a stage that was cached, the time that it took when it ran.
        let seconds = stages.reduce(0) { $0 + ($1.execution?.seconds ?? 0) }
        let processor = stages.reduce(0) { $0 + ($1.execution?.cpuSeconds ?? 0) }
        text.line(
            "Run \(MarkdownText.code(run.id)) of \(date): \(MarkdownText.code(run.commandLine, limit: 400))"
                + (machines.isEmpty ? "" : ", on \(machines.joined(separator: "; "))")
                + ". Its stages took \(formatted(seconds: seconds)) together, \(formatted(seconds: processor)) of processor "
                + "time" + (isCached ? "" : "; the run \(formatted(seconds: run.seconds ?? 0))") + ".")
        return text.text
    }

    /// Whether something wasn't executed, so that the run's own time says little.
    private var isCached: Bool { run.seconds == nil || stages.contains { $0.row.state != "executed" } }
}
