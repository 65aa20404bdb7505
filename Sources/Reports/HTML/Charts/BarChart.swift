/// Groups of bars side by side, one bar an arm, with a mark where a figure from elsewhere stands.
package struct BarChart: Sendable {
    package struct Bar: Sendable {
        /// The arm's place among the chart's arms.
        package let arm: Int
        package let value: Double
        /// A figure to compare with, such as the paper's.
        package let reference: Double?

        package init(arm: Int, value: Double, reference: Double? = nil) {
            self.arm = arm
            self.value = value
            self.reference = reference
        }
    }

    package struct Group: Sendable {
        package let name: String
        package let bars: [Bar]

        package init(_ name: String, _ bars: [Bar]) {
            self.name = name
            self.bars = bars
        }
    }

    package let title: String
    package let arms: [String]
    package let groups: [Group]
    /// How a value is written beside its bar.
    package let spelling: @Sendable (Double) -> String

    package init(
        title: String, arms: [String], groups: [Group],
        spelling: @escaping @Sendable (Double) -> String = { formatted(number: $0) }
    ) {
        self.title = title
        self.arms = arms
        self.groups = groups
        self.spelling = spelling
    }

    private static let (width, left, right) = (400.0, 8.0, 336.0)
    private static let (thickness, gap, heading) = (14.0, 3.0, 20.0)

    /// Nothing if there is no bar.
    package func write(to html: inout HTMLWriter) {
        let bars = groups.flatMap(\.bars).filter(\.value.isFinite)
        guard !bars.isEmpty else { return }
        let scale = Scale(over: bars.flatMap { [$0.value, $0.reference ?? $0.value] }, includesZero: true)
        let legend = legendPlaces()
        let top = (legend.last?.y ?? 0) + 22
        let heights = groups.map { Self.heading + Double($0.bars.count) * (Self.thickness + Self.gap) + 8 }
        html.drawing(title, description, width: Self.width, height: top + heights.reduce(0, +)) { html in
            for (arm, at) in zip(arms.indices, legend) {
                html.rectangle("fill-\(arm % 6 + 1)", x: at.x, y: at.y, width: 10, height: 10)
                html.label(fitted(arms[arm], in: 340), x: at.x + 14, y: at.y + 9)
            }
            var y = top
            for (group, height) in zip(groups, heights) {
                write(group, top: y, scale, &html)
                y += height
            }
            let zero = scale.position(0, from: Self.left, to: Self.right)
            html.line("axis", from: (zero, top), to: (zero, y - 6))
        }
    }

    private func write(_ group: Group, top: Double, _ scale: Scale, _ html: inout HTMLWriter) {
        html.label(fitted(group.name, in: Self.width - 12), x: Self.left + 4, y: top + 13)
        let zero = scale.position(0, from: Self.left, to: Self.right)
        for (index, bar) in group.bars.enumerated() where bar.value.isFinite {
            let y = top + Self.heading + Double(index) * (Self.thickness + Self.gap)
            let end = scale.position(bar.value, from: Self.left, to: Self.right)
            let name = arms.indices.contains(bar.arm) ? arms[bar.arm] : ""
            html.rectangle(
                "fill-\(bar.arm % 6 + 1)", x: min(zero, end), y: y, width: max(1, abs(end - zero)),
                height: Self.thickness, tip: "\(group.name), \(name): \(spelling(bar.value))")
            var edge = max(zero, end)
            if let reference = bar.reference, reference.isFinite {
                let x = scale.position(reference, from: Self.left, to: Self.right)
                html.line("mark", from: (x, y - 2), to: (x, y + Self.thickness + 2))
                edge = max(edge, x)
            }
            html.label(spelling(bar.value), x: edge + 5, y: y + 11.5, style: "faint")
        }
    }

    /// Where the arms' names stand: in rows, as many in one as fit.
    private func legendPlaces() -> [(x: Double, y: Double)] {
        var (x, y) = (Self.left, 6.0)
        return arms.map { arm in
            let width = min(360, breadth(of: arm) + 30)
            if x > Self.left, x + width > Self.width { (x, y) = (Self.left, y + 18) }
            defer { x += width }
            return (x, y)
        }
    }

    /// Every value in words.
    var description: String {
        groups.prefix(60).map { group in
            let values = group.bars.map { bar in
                let name = arms.indices.contains(bar.arm) ? arms[bar.arm] + " " : ""
                return name + spelling(bar.value) + (bar.reference.map { " (reference \(spelling($0)))" } ?? "")
            }
            return "\(group.name): \(values.joined(separator: ", "))."
        }.joined(separator: " ")
    }
}
