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
                if !caption.isEmpty { html.caption { $0.text(caption) } }
                html.element("thead") { html in
                    html.element("tr") { html in
                        for column in columns {
                            html.element("th", ["scope": "col", "class": column.isNumber ? "n" : nil]) { html in
                                html.breakable(column.title)
                            }
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

    /// A table's caption, which stays on the screen when the table is scrolled.
    package mutating func caption(content: (inout HTMLWriter) -> Void) {
        element("caption") { $0.element("span", content: content) }
    }

    /// A row's heading, with what else says which row it is below it.
    package mutating func heading(_ name: String, beside: String? = nil) {
        element("th", ["scope": "row"]) { html in
            html.breakable(name)
            if let beside { html.element("span", ["class": "beside"]) { $0.breakable(beside) } }
        }
    }

    /// Writes a name that may be broken after the signs that part it, such as `scores[task=kv-subs].accuracy`.
    package mutating func breakable(_ name: String) {
        var part = ""
        for character in name {
            part.append(character)
            guard ".-_/,:=[".contains(character) else { continue }
            text(part)
            void("wbr")
            part = ""
        }
        text(part)
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
