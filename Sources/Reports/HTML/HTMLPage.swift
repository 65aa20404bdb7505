import Artifacts
import Foundation

/// A page in one file: its style within, no script, nothing fetched. Light and dark, printable, for wide and narrow screens.
package struct HTMLPage: Sendable {
    /// A part of a page under a heading of its own.
    package struct Section: Sendable {
        /// What links to it name: lower-case letters, digits and hyphens.
        package let id: String
        package let title: String
        package let content: @Sendable (inout HTMLWriter) -> Void

        package init(id: String, title: String, content: @escaping @Sendable (inout HTMLWriter) -> Void) {
            self.id = id
            self.title = title
            self.content = content
        }
    }

    package var title: String
    /// Written below the title, before the sections.
    package var lead: @Sendable (inout HTMLWriter) -> Void = { _ in }
    package var sections: [Section]
    /// The first sections, if pages of other runs share them: how many they are and what they depend on.
    package var settled: (count: Int, key: Digest)?
    /// What stands before the sections, from a page that has the same.
    package var taken: SettledMarkup?
    /// One line at the end, such as how to make the page again; commands in backticks.
    package var footer: String

    package init(title: String, sections: [Section], footer: String) {
        self.title = title
        self.sections = sections
        self.footer = footer
    }

    /// The page as UTF-8: HTML that an XML parser reads, too.
    package func html() -> Data {
        var html = HTMLWriter()
        var takenPlace = 0
        html.element("html", ["xmlns": "http://www.w3.org/1999/xhtml", "lang": "en"]) { html in
            html.element("head") { html in
                html.void("meta", ["charset": "utf-8"])
                html.void("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                html.void("meta", ["name": "color-scheme", "content": "light dark"])
                html.void("meta", ["name": "generator", "content": "calm"])
                html.element("title", title)
                html.style(Self.style)
            }
            html.element("body") { body(&$0, &takenPlace) }
        }
        let markup = html.markup.utf8
        let place = markup.index(markup.startIndex, offsetBy: takenPlace)
        var page = Data("<!DOCTYPE html>\n".utf8)
        page.append(contentsOf: markup[..<place])
        if let taken { page.append(taken.sections) }
        page.append(contentsOf: markup[place...])
        page.append(0x0A)
        return page
    }

    private func head(_ html: inout HTMLWriter) {
        html.element("header") { html in
            html.element("h1", title)
            lead(&html)
        }
    }

    /// - Parameter takenPlace: Where in the markup the sections go that are taken from another page.
    private func body(_ html: inout HTMLWriter, _ takenPlace: inout Int) {
        if !sections.isEmpty { head(&html) }
        let list = taken?.list ?? Self.markup { if sections.count > 1 { writeList(&$0) } }
        html.verbatim(list)
        html.element("main") { html in
            // Without sections the head is all that there is.
            if sections.isEmpty { head(&html) }
            takenPlace = html.markup.utf8.count
            if let settled {
                let first = Self.markup { html in
                    for section in sections.prefix(settled.count) { write(section, &html) }
                }
                html.verbatim(SettledMarkup.mark(first, list: list, by: settled.key))
            }
            for section in sections.dropFirst(settled?.count ?? 0) { write(section, &html) }
        }
        html.element("footer") { html in
            html.element("p") { html in
                for (index, part) in footer.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
                    if index % 2 == 0 { html.text(String(part)) } else { html.element("code", String(part)) }
                }
            }
        }
    }

    private static func markup(_ content: (inout HTMLWriter) -> Void) -> String {
        var html = HTMLWriter()
        content(&html)
        return html.markup
    }

    private func writeList(_ html: inout HTMLWriter) {
        html.element("nav", ["aria-label": "Sections"]) { html in
            html.element("ul") { html in
                for section in sections {
                    html.element("li") { $0.element("a", ["href": "#" + section.id], section.title) }
                }
            }
        }
    }

    private func write(_ section: Section, _ html: inout HTMLWriter) {
        html.element("section", ["id": section.id, "aria-labelledby": section.id + "-title"]) { html in
            html.element("h2", ["id": section.id + "-title"], section.title)
            section.content(&html)
        }
    }
}
