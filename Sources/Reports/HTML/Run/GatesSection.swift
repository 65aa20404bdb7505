import Catalogue
import Pipelines

extension RunReport {
    private static let maximumGates = 1_000

    /// Every gate as it was judged, the missed ones first.
    func gatesSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        HTMLPage.Section(id: "gates", title: "Gates") { html in
            guard !gates.isEmpty else { return html.element("p", "The pipeline sets no gates, or none was judged.") }
            let evidence = Dictionary(
                stages.map { ($0.row.name, $0.evidence) }, uniquingKeysWith: { first, _ in first })
            let sorted = gates.filter { !$0.passed } + gates.filter(\.passed)
            html.table(
                "\(passedGates) of \(gates.count) passed",
                [.init("metric, stage"), .init("result"), .init("expected"), .init("found", isNumber: true)],
                label: "Gates"
            ) { html in
                for gate in sorted.prefix(Self.maximumGates) {
                    html.element("tr") { html in
                        html.heading(gate.metric, beside: gate.stage)
                        html.element("td") { $0.badge(gate.passed ? "passed" : "missed", gate.passed ? .good : .bad) }
                        html.element("td", GateWording(gate).expectation)
                        links.number(
                            GateWording(gate).finding, from: evidence[gate.stage] ?? nil, to: &html)
                    }
                }
            }
            if sorted.count > Self.maximumGates { html.element("p", "… and \(sorted.count - Self.maximumGates) more") }
        }
    }
}
