import Artifacts
import Catalogue
import Foundation
import Pipelines

extension RunReport {
    /// The run as one page, a section a file.
    package func page() -> HTMLPage {
        let links = ArtifactLinks(self)
        // First what came out, then whether that is enough.
        var sections = tables.isEmpty ? [] : [resultsSection(links)]
        sections.append(gatesSection(links))
        if let bars = barsSection(links) { sections.append(bars) }
        if !comparisons.isEmpty { sections.append(predictionsSection(links)) }
        if !curves.isEmpty { sections.append(curvesSection(links)) }
        if let overhead = overheadSection(links) { sections.append(overhead) }
        sections += [graphSection(), timelineSection(), stagesSection(links), links.section(more: Self.whereTheRestIs)]
        if let environment = environmentSection() { sections.append(environment) }
        let settled = settledKey.map { (count: sections.count, key: $0) }
        sections.append(commandsSection())
        if !missing.isEmpty { sections.append(missingSection()) }
        var page = page(sections)
        page.settled = settled
        return page
    }

    /// The page of a run that has executed nothing, with the sections of another run's page that had the same results.
    package static func page(of result: RunResult, _ run: RunRow, store: Store, settled: SettledMarkup) -> HTMLPage {
        let report = RunReport(of: result, run, store: store)
        var page = report.page([report.commandsSection()])
        page.taken = settled
        return page
    }

    static let whereTheRestIs = "calm show RUN lists them"

    private func page(_ sections: [HTMLPage.Section]) -> HTMLPage {
        var page = HTMLPage(
            title: "\(run.pipeline): \(run.verdict.word)", sections: sections,
            footer: "Run \(run.id), written by calm. `calm report \(run.id) --html FILE` writes it again.")
        page.lead = { writeVerdict(to: &$0) }
        return page
    }

    private func missingSection() -> HTMLPage.Section {
        HTMLPage.Section(id: "missing", title: "What is not shown") { html in
            html.element("ul") { html in for line in missing { html.element("li", line) } }
        }
    }
}
