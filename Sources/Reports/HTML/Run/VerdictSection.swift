import Foundation
import Pipelines

extension RunReport {
    /// What became of the run, above everything else.
    func writeVerdict(to html: inout HTMLWriter) {
        let verdict = run.verdict
        html.element(
            "p", ["class": "verdict \(verdict.tone.rawValue)"],
            verdict.word.prefix(1).uppercased() + verdict.word.dropFirst() + ". " + sentence)
        html.facts([
            ("run", run.id), ("started", moment(run.startedAt)),
            ("took", run.seconds.map { formatted(seconds: $0) } ?? "–"), ("stages", stateCounts),
            ("gates passed", gates.isEmpty ? "none set" : "\(passedGates) of \(gates.count)"),
            ("exit code", run.exit.map(String.init) ?? "–"),
        ])
        if !stages.isEmpty, count("cached") == stages.count {
            html.element("p", "Nothing was executed: every result came from the store.")
        }
        if run.isPartial { html.element("p", ["class": "muted"], "Only named stages and what they need were run.") }
        let failed = stages.filter { $0.row.state == "failed" }
        for stage in failed.prefix(20) {
            html.element("h3") { html in
                html.badge("failed", .bad)
                html.text(" \(stage.row.name)")
            }
            html.element("pre", String((stage.row.failureMessage ?? stage.row.why).prefix(4_000)))
            html.element("p", ["class": "muted small"], "at \(stage.row.location)")
        }
        if failed.count > 20 { html.element("p", "… and \(failed.count - 20) more") }
    }
}

/// A moment in seconds since 1970: `2026-01-02 03:04:05 UTC`.
func moment(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e11 else { return "–" }
    return timestamp(seconds).replacing("T", with: " ").replacing("Z", with: " UTC")
}

/// How a stage's state is to be taken.
func tone(ofState state: String) -> Tone {
    switch state {
    case "executed": .good
    case "failed": .bad
    case "skipped": .warn
    default: .idle
    }
}
