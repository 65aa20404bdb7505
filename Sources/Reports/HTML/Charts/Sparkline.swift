/// A curve the size of a word.
package struct Sparkline: Sendable {
    /// What it shows, for readers of screens.
    package let title: String
    /// In order; nil where there is no value.
    package let values: [Double?]

    package init(title: String, values: [Double?]) {
        self.title = title
        self.values = values
    }

    private static let (width, height) = (110.0, 24.0)

    /// Nothing if there is no value to draw.
    package func write(to html: inout HTMLWriter) {
        let finite = values.enumerated().compactMap { index, value in
            value.flatMap { $0.isFinite ? (x: Double(index), y: $0) : nil }
        }
        guard let last = finite.last else { return }
        // Without ticks, so that the curve uses all of its height.
        let (low, high) = (finite.map(\.y).min() ?? 0, finite.map(\.y).max() ?? 0)
        let place = { (point: (x: Double, y: Double)) -> (x: Double, y: Double) in
            let across = values.count > 1 ? point.x / Double(values.count - 1) : 0.5
            let up = high > low ? (point.y - low) / (high - low) : 0.5
            return (4 + (Self.width - 8) * across, Self.height - 4 - (Self.height - 8) * up)
        }
        let (width, height) = (Reports.place(Self.width), Reports.place(Self.height))
        html.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": title, "class": "spark",
                "viewBox": "0 0 \(width) \(height)", "width": width, "height": height,
            ]
        ) { html in
            html.element("title", title)
            if finite.count > 1 {
                let path = finite.enumerated().map { index, point in
                    let at = place(point)
                    return "\(index == 0 ? "M" : "L")\(Reports.place(at.x)) \(Reports.place(at.y))"
                }
                html.void("path", ["class": "line line-1", "d": path.joined()])
            }
            let end = place(last)
            html.void(
                "circle", ["class": "fill-1", "cx": Reports.place(end.x), "cy": Reports.place(end.y), "r": "3"])
        }
    }

    /// The same in block characters, for text: `▁▄█`; a space where there is no value.
    package static func text(_ values: [Double?]) -> String {
        let blocks = Array("▁▂▃▄▅▆▇█")
        let finite = values.compactMap { $0 }.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return "" }
        return String(
            values.map { value in
                guard let value, value.isFinite else { return " " }
                let share = high > low ? (value - low) / (high - low) : 0.5
                return blocks[min(7, Int(share * 8))]
            })
    }
}
