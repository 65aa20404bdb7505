/// The answer to a question about test reports, for text and for a page.
package struct HistoryAnswer: Sendable {
    package struct Cell: Sendable, ExpressibleByStringInterpolation {
        package let text: String
        /// Nil for plain text.
        package let tone: Tone?

        package init(_ text: String, _ tone: Tone? = nil) {
            self.text = text
            self.tone = tone
        }

        package init(stringLiteral text: String) { self.init(text) }

        /// How a test ended, in its colour.
        package static func status(_ status: String) -> Cell {
            Cell(status, ["passed": .good, "failed": .bad, "error": .bad][status] ?? .idle)
        }
    }

    package struct Section: Sendable {
        package var title: String
        package var columns: [HTMLWriter.Column]
        package var rows: [[Cell]]
        /// Long texts, such as stack traces, each with its heading.
        package var texts: [(heading: String, text: String)] = []

        package init(_ title: String, _ columns: [HTMLWriter.Column], _ rows: [[Cell]]) {
            self.title = title
            self.columns = columns
            self.rows = rows
        }
    }

    package var title: String
    /// What there is to say first, line by line.
    package var lines: [String]
    package var sections: [Section]

    package init(title: String, lines: [String] = [], sections: [Section] = []) {
        self.title = title
        self.lines = lines
        self.sections = sections
    }
}

extension HistoryAnswer {
    /// A page of its own: one section an id, one table a section.
    package func page(madeBy command: String) -> HTMLPage {
        let sections = self.sections.enumerated().map { index, section in
            HTMLPage.Section(id: "part-\(index + 1)", title: section.title) { section.write(to: &$0) }
        }
        var page = HTMLPage(title: title, sections: sections, footer: "Made by \(command).")
        page.lead = { html in for line in lines { html.element("p", line) } }
        return page
    }
}

extension HistoryAnswer.Section {
    fileprivate func write(to html: inout HTMLWriter) {
        if !rows.isEmpty {
            html.table("", columns, label: title) { html in
                for row in rows {
                    html.element("tr") { html in
                        for (cell, column) in zip(row, columns) {
                            html.element("td", ["class": column.isNumber ? "n" : "words"]) { html in
                                if let tone = cell.tone { html.badge(cell.text, tone) } else { html.text(cell.text) }
                            }
                        }
                    }
                }
            }
        }
        for item in texts {
            html.element("details") { html in
                html.element("summary", item.heading)
                html.element("pre", item.text)
            }
        }
    }
}
