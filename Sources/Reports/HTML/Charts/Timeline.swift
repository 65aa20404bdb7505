import Foundation

/// When each of several pieces of work ran, and what they took of the machine together.
struct Timeline: Sendable {
    struct Item: Sendable {
        let name: String
        /// Seconds from the beginning.
        let start: Double
        let seconds: Double
        /// Cores at work on average, and bytes at most.
        let cores: Double
        let memory: Double
        let tone: Tone
        /// What stands beside the bar.
        let detail: String
    }

    let title: String
    /// All of them; they count for cores and memory.
    let items: [Item]
    /// How many are drawn, the longest.
    let mostItems: Int

    private static let (width, left, right) = (920.0, 230.0, 670.0)
    private static let (pitch, lane) = (20.0, 64.0)

    var drawn: [Item] {
        items.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }.prefix(mostItems)
            .sorted { ($0.start, $0.name) < ($1.start, $1.name) }
    }

    /// The sum of `value` over the items at work, from one moment at which it changes to the next.
    func load(_ value: (Item) -> Double) -> [(time: Double, load: Double)] {
        let changes = items.flatMap { [($0.start, value($0)), ($0.start + max(0, $0.seconds), -value($0))] }
            .sorted { $0.0 < $1.0 }
        var load: [(time: Double, load: Double)] = []
        var sum = 0.0
        for (time, change) in changes {
            sum = max(0, sum + change)
            if load.last?.time == time { load.removeLast() }
            load.append((time, sum))
        }
        return load
    }

    /// Nothing if there is no item.
    func write(to html: inout HTMLWriter) {
        guard !items.isEmpty else { return }
        let drawn = drawn
        let scale = Scale(over: [0] + items.map { $0.start + max(0, $0.seconds) })
        let bars = 24 + Double(drawn.count) * Self.pitch
        let cores = load(\.cores)
        let memory = load(\.memory)
        let description =
            "At most \(formatted(number: cores.map(\.load).max() ?? 0)) cores at work and "
            + "\(formatted(bytes: Int(min(memory.map(\.load).max() ?? 0, 1e15)))) of memory; the table of stages has every figure."
        html.drawing(title, description, width: Self.width, height: bars + 2 * Self.lane + 30, isFixed: true) { html in
            for tick in scale.ticks {
                let x = scale.position(tick, from: Self.left, to: Self.right)
                html.line("grid", from: (x, 20), to: (x, bars + 2 * Self.lane))
                html.label("\(formatted(number: tick)) s", x: x, y: 14, anchor: "middle", style: "faint")
            }
            for (index, item) in drawn.enumerated() { bar(item, y: 24 + Double(index) * Self.pitch, scale, &html) }
            area(cores, "cores at work", 1, top: bars, scale, { formatted(number: $0) }, &html)
            area(
                memory, "memory (peaks)", 3, top: bars + Self.lane, scale,
                { formatted(bytes: Int(min($0, 1e15))) }, &html)
        }
    }

    private func bar(_ item: Item, y: Double, _ scale: Scale, _ html: inout HTMLWriter) {
        let start = scale.position(item.start, from: Self.left, to: Self.right)
        let end = scale.position(item.start + item.seconds, from: Self.left, to: Self.right)
        html.label(fitted(item.name, in: Self.left - 12), x: Self.left - 8, y: y + 12, anchor: "end")
        html.rectangle(
            "fill-\(item.tone.rawValue)", x: start, y: y + 1, width: max(1.5, end - start), height: Self.pitch - 6,
            tip: "\(item.name): \(item.detail)")
        html.label(fitted(item.detail, in: Self.width - Self.right - 8), x: Self.right + 8, y: y + 12, style: "faint")
    }

    private func area(
        _ load: [(time: Double, load: Double)], _ name: String, _ colour: Int, top: Double, _ scale: Scale,
        _ spelling: (Double) -> String, _ html: inout HTMLWriter
    ) {
        let highest = load.map(\.load).max() ?? 0
        let whole = highest > 0 ? highest : 1
        let (base, height) = (top + Self.lane - 6, Self.lane - 20)
        let origin = scale.position(0, from: Self.left, to: Self.right)
        var path = "M\(place(origin)) \(place(base))"
        for point in load {
            path += "H\(place(scale.position(point.time, from: Self.left, to: Self.right)))"
            path += "V\(place(base - height * point.load / whole))"
        }
        html.void("path", ["class": "fill-\(colour) area", "d": path + "V\(place(base))Z"])
        html.void("path", ["class": "line line-\(colour)", "d": path])
        html.label(name, x: Self.left - 8, y: base - height / 2 + 4, anchor: "end")
        html.label("at most \(spelling(highest))", x: Self.right + 8, y: base - height / 2 + 4, style: "faint")
    }
}
