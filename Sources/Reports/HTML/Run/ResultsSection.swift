import Foundation
import Pipelines

extension RunReport {
    /// The results tables: our figures, those from elsewhere beside them, and the difference in points.
    func resultsSection(_ links: ArtifactLinks) -> HTMLPage.Section {
        HTMLPage.Section(id: "results", title: "Results") { html in
            for table in tables { write(table, links, &html) }
        }
    }

    private func write(_ table: Table, _ links: ArtifactLinks, _ html: inout HTMLWriter) {
        let content = table.content
        html.wide(content.title.isEmpty ? table.stage : content.title) { html in
            html.element("table", ["class": "results"]) { html in
                html.caption { html in
                    html.text("\(content.title) · stage \(table.stage), table ")
                    links.write(table.artifact, to: &html)
                }
                html.element("thead") { html in
                    html.element("tr") { html in
                        html.element("th", ["scope": "col"], "task")
                        for column in content.columns {
                            html.element("th", ["scope": "col", "class": "n"]) { $0.breakable(column) }
                        }
                    }
                }
                html.element("tbody") { html in
                    for row in content.rows.prefix(1_000) {
                        html.element("tr") { html in
                            html.heading(row)
                            for column in content.columns { cell(row, column, of: table, links, &html) }
                        }
                    }
                }
            }
        }
        if !content.reference.isEmpty {
            html.element(
                "p", ["class": "muted small"],
                content.isInPercent
                    ? "In %. Below a figure: the one it is compared with (the paper's), and the difference in points."
                    : "Below a figure: the one it is compared with (the paper's), and the difference.")
        }
        if !content.notes.isEmpty {
            html.element("ul", ["class": "small"]) { html in
                for note in content.notes { html.element("li", note) }
            }
        }
    }

    private func cell(
        _ row: String, _ column: String, of table: Table, _ links: ArtifactLinks, _ html: inout HTMLWriter
    ) {
        let name = "\(row).\(column)"
        let text = { (value: Double) in table.content.isInPercent ? percent(value) : formatted(number: value) }
        // On a narrow screen the column's name stands beside each cell.
        html.element("td", ["class": "n", "data-column": column]) { html in
            guard let value = table.content.values[name] else { return html.text("–") }
            html.element("span", ["class": "cell"]) { html in
                links.write(text(value), from: table.sources[name] ?? table.artifact, to: &html)
                if let margin = table.content.margins?[name] { html.text(" ±\(text(margin))") }
            }
            if let reference = table.content.reference[name] {
                html.element("span", ["class": "beside"], "paper \(text(reference))")
                html.element(
                    "span", ["class": "beside"],
                    table.content.isInPercent ? points(value - reference) : signed(number: value - reference))
            }
        }
    }
}

/// A fraction as per cent with one decimal.
func percent(_ fraction: Double) -> String {
    fraction.isFinite && abs(fraction) < 1e12 ? String(format: "%.1f", fraction * 100) : "–"
}

/// A difference of numbers, with its sign.
func signed(number difference: Double) -> String {
    let text = formatted(number: abs(difference))
    return (text == "0" ? "±" : difference < 0 ? "−" : "+") + text
}

/// A difference of fractions in percentage points, with its sign.
func points(_ difference: Double) -> String {
    guard difference.isFinite, abs(difference) < 1e12 else { return "–" }
    let text = String(format: "%+.1f", difference * 100)
    return text == "-0.0" || text == "+0.0" ? "±0.0" : text.replacing("-", with: "−")
}
