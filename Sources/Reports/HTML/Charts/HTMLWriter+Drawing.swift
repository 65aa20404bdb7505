/// The elements of charts. A chart has a title and a description, which readers of screens hear instead of seeing it.
extension HTMLWriter {
    /// A static drawing.
    ///
    /// - Parameter isFixed: Whether it keeps its size and scrolls rather than shrinking with the page.
    mutating func drawing(
        _ title: String, _ description: String, width: Double, height: Double, isFixed: Bool = false,
        content: (inout HTMLWriter) -> Void
    ) {
        // Whole pixels, which is all that HTML takes for them.
        let (width, height) = (width.rounded(.up), height.rounded(.up))
        element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": title,
                "viewBox": "0 0 \(place(width)) \(place(height))", "width": place(width), "height": place(height),
                "class": isFixed ? "fixed" : nil,
            ]
        ) { html in
            html.element("title", title)
            if !description.isEmpty { html.element("desc", description) }
            content(&html)
        }
    }

    mutating func line(_ style: String, from: (x: Double, y: Double), to: (x: Double, y: Double)) {
        void("path", ["class": style, "d": "M\(place(from.x)) \(place(from.y))L\(place(to.x)) \(place(to.y))"])
    }

    mutating func rectangle(
        _ style: String, x: Double, y: Double, width: Double, height: Double, tip: String? = nil
    ) {
        element(
            "rect",
            ["class": style, "x": place(x), "y": place(y), "width": place(width), "height": place(height)]
        ) { html in if let tip { html.element("title", tip) } }
    }

    mutating func label(
        _ text: String, x: Double, y: Double, anchor: StaticString = "start", style: String? = nil
    ) {
        element("text", ["x": place(x), "y": place(y), "text-anchor": "\(anchor)", "class": style], text)
    }
}

/// A coordinate, with one decimal: no screen shows more.
func place(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

/// About how wide a text is in a chart's font of 12 pixels.
func breadth(of text: String) -> Double { Double(text.count) * 7.2 }

/// A text cut to what fits, its middle left out: names often differ at both ends.
func fitted(_ text: String, in width: Double) -> String {
    let room = max(3, Int(width / 7.2))
    guard text.count > room else { return text }
    return text.prefix((room - 1) - (room - 1) / 2) + "…" + text.suffix((room - 1) / 2)
}
