import Catalogue
import Foundation
import Pipelines

extension RunReport {
    /// Trained stages of which it is known what they took.
    private var trainings: [(stage: Stage, record: TrainingRecord)] {
        stages.compactMap { stage in
            stage.execution.flatMap { TrainingRecord($0) }.map { (stage, $0) }
        }
    }

    /// What compositions add to their anchors, and what training took: the paper's Appendix C. Nil without a composition.
    func overheadSection(_ links: ArtifactLinks) -> HTMLPage.Section? {
        let compositions = stages.filter { $0.row.kind == "model.compose" && $0.metrics["anchor-parameters"] != nil }
        guard !compositions.isEmpty else { return nil }
        return HTMLPage.Section(id: "overhead", title: "What composition costs") { html in
            html.table(
                "Parameters (Appendix C.1)",
                [
                    .init("composition"), .init("added", isNumber: true), .init("anchor", isNumber: true),
                    .init("share", isNumber: true), .init("share by the paper's formula", isNumber: true),
                ]
            ) { html in
                for stage in compositions.prefix(Self.mostOverheads) { parameters(of: stage, links, &html) }
            }
            html.table(
                "Training (Appendix C.2)",
                [
                    .init("stage"), .init("operations a token", isNumber: true), .init("tokens", isNumber: true),
                    .init("operations", isNumber: true), .init("processor", isNumber: true),
                    .init("µs a token", isNumber: true),
                ]
            ) { html in
                for (stage, record) in trainings.prefix(Self.mostOverheads) {
                    html.element("tr") { html in
                        html.element("th", ["scope": "row"], stage.row.name)
                        for value in [record.operationsPerToken, record.tokens, record.operations] {
                            html.element("td", ["class": "n"]) { html in
                                links.write(scaled(value), from: stage.evidence, to: &html)
                            }
                        }
                        html.number(formatted(seconds: record.cpuSeconds))
                        html.number(formatted(number: (record.microseconds * 100).rounded() / 100))
                    }
                }
            }
            html.element(
                "p", ["class": "small"],
                "The paper's formula leaves W_O out and counts the anchor's embedding once a block. Operations are "
                    + "predicted: those of matrix products, two an element and pass, without the part of frozen models "
                    + "whose activations are kept. Processor time is measured.")
        }
    }

    private static let mostOverheads = 60

    private func parameters(of stage: Stage, _ links: ArtifactLinks, _ html: inout HTMLWriter) {
        func share(_ added: String, _ anchor: String) -> String {
            guard let added = stage.metrics[added], let anchor = stage.metrics[anchor], anchor > 0 else { return "–" }
            return percent(added / anchor) + " %"
        }
        html.element("tr") { html in
            html.element("th", ["scope": "row"], stage.row.name)
            for name in ["parameters", "anchor-parameters"] {
                html.element("td", ["class": "n"]) { html in
                    links.write(
                        stage.metrics[name].map { formatted(number: $0) } ?? "–", from: stage.evidence, to: &html)
                }
            }
            html.number(share("parameters", "anchor-parameters"))
            html.number(share("parameters-by-formula", "anchor-parameters-by-formula"))
        }
    }
}

/// A large number with three digits and a unit: `1.23 M`.
package func scaled(_ number: Double) -> String {
    for (unit, size) in [("P", 1e15), ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)] where number >= size {
        return String(format: "%.3g", number / size) + " " + unit
    }
    return String(format: "%.0f", number)
}
