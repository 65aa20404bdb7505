import Foundation
import Pipelines

extension RunReport {
    /// The run as one page, a section a file.
    package func page() -> HTMLPage {
        let links = ArtifactLinks(self)
        if isBrief { return page([gatesSection(links), stagesSection(links)]) }
        var sections = [gatesSection(links)]
        if !tables.isEmpty { sections.append(resultsSection(links)) }
        if let bars = barsSection(links) { sections.append(bars) }
        if !comparisons.isEmpty { sections.append(predictionsSection(links)) }
        if !curves.isEmpty { sections.append(curvesSection(links)) }
        if let overhead = overheadSection(links) { sections.append(overhead) }
        sections += [
            graphSection(), timelineSection(), stagesSection(links),
            links.section(more: "calm show \(run.id) lists them"),
        ]
        sections.append(environmentSection())
        if !missing.isEmpty { sections.append(missingSection()) }
        return page(sections)
    }

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
