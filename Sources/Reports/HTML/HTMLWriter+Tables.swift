/// Tables and small pieces that several sections write alike.
extension HTMLWriter {
    /// A column's heading; numbers stand to the right.
    package struct Column: Sendable {
        package let title: String
        package let isNumber: Bool

        package init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    /// A table that scrolls by itself where it is wider than the screen, by keyboard as well.
    package mutating func table(
        _ caption: String, _ columns: [Column], label: String? = nil, rows: (inout HTMLWriter) -> Void
    ) {
        wide(label ?? caption) { html in
            html.element("table") { html in
                if !caption.isEmpty { html.element("caption", caption) }
                html.element("thead") { html in
                    html.element("tr") { html in
                        for column in columns {
                            html.element("th", ["scope": "col", "class": column.isNumber ? "n" : nil], column.title)
                        }
                    }
                }
                html.element("tbody", content: rows)
            }
        }
    }

    /// What may be wider than the screen.
    package mutating func wide(_ label: String, content: (inout HTMLWriter) -> Void) {
        element(
            "div", ["class": "wide", "tabindex": "0", "role": "region", "aria-label": label], content: content)
    }

    /// A word on a ground of its own colour; the colour says nothing that the word doesn't.
    package mutating func badge(_ word: String, _ tone: Tone) {
        element("span", ["class": "badge " + tone.rawValue], word)
    }

    /// A cell that holds a number or another short figure.
    package mutating func number(_ text: String) { element("td", ["class": "n"], text) }

    /// Facts in boxes: what they are, and what they come to.
    package mutating func facts(_ facts: [(name: String, value: String)]) {
        element("ul", ["class": "facts"]) { html in
            for fact in facts {
                html.element("li") { html in
                    html.element("span", ["class": "name"], fact.name)
                    html.element("span", ["class": "value"], fact.value)
                }
            }
        }
    }
}

/// How something is to be taken, and so its colour.
package enum Tone: String, Sendable { case good, bad, warn, idle }
