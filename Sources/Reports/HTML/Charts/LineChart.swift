/// Curves over steps.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        package let name: String
        /// What isn't finite leaves a gap.
        package let points: [(x: Double, y: Double)]

        package init(_ name: String, _ points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    package let title: String
    /// What the horizontal axis counts.
    package let across: String
    package let series: [Series]
    package var prefersLogarithm = false

    package init(title: String, across: String, series: [Series], prefersLogarithm: Bool = false) {
        self.title = title
        self.across = across
        self.series = series
        self.prefersLogarithm = prefersLogarithm
    }

    private static let (width, height) = (300.0, 200.0)
    private static let (left, right, top, bottom) = (58.0, 292.0, 30.0, 160.0)

    /// Nothing if there is no point to draw.
    package func write(to html: inout HTMLWriter) {
        let finite = series.flatMap { $0.points.filter { $0.x.isFinite && $0.y.isFinite } }
        guard !finite.isEmpty else { return }
        let horizontal = Scale(over: finite.map(\.x))
        let vertical = Scale(over: finite.map(\.y), prefersLogarithm: prefersLogarithm)
        html.drawing(title, description, width: Self.width, height: Self.height) { html in
            axes(&html, horizontal, vertical)
            for (index, item) in series.enumerated() { draw(item, style: index % 6 + 1, horizontal, vertical, &html) }
            legend(&html)
        }
    }

    /// First, last and lowest values in words.
    var description: String {
        series.compactMap { item in
            let finite = item.points.filter { $0.x.isFinite && $0.y.isFinite }
            guard let first = finite.first, let last = finite.last else { return nil }
            let lowest = finite.map(\.y).min() ?? last.y
            return
                "\(item.name): \(formatted(number: first.y)) at \(formatted(number: first.x)) \(across), "
                + "\(formatted(number: last.y)) at \(formatted(number: last.x)), lowest \(formatted(number: lowest))."
        }.joined(separator: " ")
    }

    private func axes(_ html: inout HTMLWriter, _ horizontal: Scale, _ vertical: Scale) {
        for tick in vertical.ticks {
            let y = vertical.position(tick, from: Self.bottom, to: Self.top)
            html.line("grid", from: (Self.left, y), to: (Self.right, y))
            html.label(formatted(number: tick), x: Self.left - 6, y: y + 4, anchor: "end", style: "faint")
        }
        let labels = horizontal.ticks.map { (tick: $0, text: formatted(number: $0)) }
        let isCrowded = labels.reduce(0) { $0 + breadth(of: $1.text) + 12 } > Self.right - Self.left
        for (index, label) in labels.enumerated() where !isCrowded || index % 2 == 0 {
            let x = horizontal.position(label.tick, from: Self.left, to: Self.right)
            html.line("axis", from: (x, Self.bottom), to: (x, Self.bottom + 4))
            let anchor: StaticString = x > Self.right - 12 ? "end" : "middle"
            html.label(label.text, x: x, y: Self.bottom + 18, anchor: anchor, style: "faint")
        }
        html.line("axis", from: (Self.left, Self.bottom), to: (Self.right, Self.bottom))
        html.label(
            across, x: (Self.left + Self.right) / 2, y: Self.height - 5, anchor: "middle", style: "faint")
    }

    private func draw(
        _ item: Series, style: Int, _ horizontal: Scale, _ vertical: Scale, _ html: inout HTMLWriter
    ) {
        var path = ""
        var isDown = false
        var lone: (Double, Double)?
        for point in item.points {
            guard point.x.isFinite, point.y.isFinite else {
                isDown = false
                continue
            }
            let x = horizontal.position(point.x, from: Self.left, to: Self.right)
            let y = vertical.position(point.y, from: Self.bottom, to: Self.top)
            lone = path.isEmpty ? (x, y) : nil
            path += "\(isDown ? "L" : "M")\(place(x)) \(place(y))"
            isDown = true
        }
        if let lone {
            html.void("circle", ["class": "fill-\(style)", "cx": place(lone.0), "cy": place(lone.1), "r": "4"])
        } else if !path.isEmpty {
            html.void("path", ["class": "line line-\(style)", "d": path])
        }
    }

    private func legend(_ html: inout HTMLWriter) {
        html.label(title, x: 4, y: 16)
        guard series.count > 1 else { return }
        var x = 16 + breadth(of: title)
        for (index, item) in series.enumerated() {
            html.rectangle("fill-\(index % 6 + 1)", x: x, y: 8, width: 10, height: 10)
            // `training` under the title `loss`, of `training loss`.
            let name = item.name.hasSuffix(" " + title) ? String(item.name.dropLast(title.count + 1)) : item.name
            html.label(fitted(name, in: Self.width - x - 14), x: x + 14, y: 17)
            x += 26 + breadth(of: name)
        }
    }
}
