/// A graph of boxes and arrows, from top to bottom.
struct GraphDrawing: Sendable {
    struct Node: Sendable {
        let name: String
        /// A second line.
        let detail: String
        let tone: Tone
        /// What stands in the tip.
        let tip: String
    }

    let title: String
    let description: String
    let nodes: [Node]
    let layout: GraphLayout

    private static let (height, distance) = (42.0, 78.0)

    func write(to html: inout HTMLWriter) {
        let bottom = Double(max(0, layout.layers - 1)) * Self.distance + Self.height + 4
        html.drawing(title, description, width: layout.width, height: bottom, isFixed: true) { html in
            for route in layout.routes { arrow(route, &html) }
            for (node, place) in zip(nodes, layout.places) {
                let (left, top) = (place.x - GraphLayout.nodeWidth / 2, top(place.layer))
                html.rectangle(
                    "box \(node.tone.rawValue)", x: left, y: top, width: GraphLayout.nodeWidth, height: Self.height,
                    tip: node.tip)
                let room = GraphLayout.nodeWidth - 10
                html.label(fitted(node.name, in: room), x: place.x, y: top + 17, anchor: "middle")
                html.label(fitted(node.detail, in: room), x: place.x, y: top + 34, anchor: "middle", style: "faint")
            }
        }
    }

    private func top(_ layer: Int) -> Double { 2 + Double(layer) * Self.distance }

    private func arrow(_ route: (from: Int, to: Int, bends: [Double]), _ html: inout HTMLWriter) {
        var x = layout.places[route.from].x
        var y = top(layout.places[route.from].layer) + Self.height
        var path = "M\(place(x)) \(place(y))"
        var layer = layout.places[route.from].layer
        for bend in route.bends {
            layer += 1
            let next = top(layer)
            path += curve((x, y), (bend, next)) + "L\(place(bend)) \(place(next + Self.height))"
            (x, y) = (bend, next + Self.height)
        }
        let end = (x: layout.places[route.to].x, y: top(layout.places[route.to].layer) - 6)
        html.void("path", ["class": "edge", "d": path + curve((x, y), end)])
        let tip =
            "M\(place(end.x - 4)) \(place(end.y))L\(place(end.x + 4)) \(place(end.y))L\(place(end.x)) \(place(end.y + 6))Z"
        html.void("path", ["class": "tip", "d": tip])
    }

    private func curve(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double)) -> String {
        let middle = (from.y + to.y) / 2
        return "C\(place(from.x)) \(place(middle)) \(place(to.x)) \(place(middle)) \(place(to.x)) \(place(to.y))"
    }
}
