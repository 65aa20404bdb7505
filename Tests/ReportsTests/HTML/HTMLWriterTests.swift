import Foundation
import Reports
import Testing

@Suite struct HTMLWriterTests {
    private func markup(_ write: (inout HTMLWriter) -> Void) -> String {
        var html = HTMLWriter()
        write(&html)
        return html.markup
    }

    @Test(
        "text is never markup",
        arguments: [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a & b", "a &amp; b"),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("]]> <!-- -->", "]]&gt; &lt;!-- --&gt;"),
            ("qe+rim é 漢 😀", "qe+rim é 漢 😀"),
            ("line\nbreak\ttab", "line\nbreak\ttab"),
        ])
    func escaping(_ text: String, _ expected: String) {
        #expect(markup { $0.text(text) } == expected)
        #expect(markup { $0.element("p", ["title": text], "x") } == "<p title=\"\(expected)\">x</p>")
    }

    @Test("names may be broken after the signs that part them, and nowhere else")
    func breakable() {
        #expect(
            markup { $0.breakable("scores[task=kv-subs].a<b") }
                == "scores[<wbr />task=<wbr />kv-<wbr />subs].<wbr />a&lt;b")
    }

    @Test("characters that XML forbids, or that turn text around, are spelled out")
    func forbidden() {
        #expect(markup { $0.text("a\u{0}b\u{1B}[31mc\u{7F}") } == "a#x00b#x1B[31mc#x7F")
        #expect(markup { $0.text("\u{202E}evil\u{2069}") } == "#x202Eevil#x2069")
        var noncharacters = String.UnicodeScalarView()
        for value: UInt32 in [0xFFFE, 0xFFFF, 0x1FFFE, 0xFDD0] {
            if let scalar = Unicode.Scalar(value) { noncharacters.append(scalar) }
        }
        #expect(markup { $0.text(String(noncharacters)) } == "#xFFFE#xFFFF#x1FFFE#xFDD0")
    }

    @Test("attributes without a value are left out, the others keep their order")
    func attributes() {
        #expect(
            markup { $0.element("a", ["id": "x", "class": nil, "href": "#y"], "t") } == "<a id=\"x\" href=\"#y\">t</a>")
        #expect(markup { $0.void("br") } == "<br />")
    }

    @Test("a page is well-formed whatever its title and sections hold")
    func page() throws {
        let hostile = "<&\"'>\u{0}\u{1B}]]>"
        let page = HTMLPage(
            title: hostile,
            sections: [
                HTMLPage.Section(id: "a", title: hostile) { $0.element("p", hostile) },
                HTMLPage.Section(id: "b", title: "B") { html in
                    html.table(hostile, [.init(hostile), .init("n", isNumber: true)]) { html in
                        html.element("tr") { html in
                            html.element("th", ["scope": "row"], hostile)
                            html.number("1")
                        }
                    }
                },
            ], footer: hostile)
        let root = try #require(parsed(page.html()))
        let spelled = "<&\"'>#x00#x1B]]>"
        #expect(root.all("title").map(\.text) == [spelled])
        #expect(root.all("h2").map(\.text) == [spelled, "B"])
        #expect(root.all("nav").first?.all("a").map { $0["href"] } == ["#a", "#b"])
        #expect(root.all("script").isEmpty && root.all("link").isEmpty && root.all("img").isEmpty)
        #expect(root.all("th").allSatisfy { $0["scope"] != nil })
    }
}
