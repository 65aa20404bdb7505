import Pipelines

extension RunReport {
    /// Beyond so many boxes, a drawing says less than a list.
    private static let mostNodes = 60
    private static let widest = 2_400.0
    private static let mostLines = 500

    /// The graph of stages: a box a stage, the cells of a matrix in one box.
    func graphSection() -> HTMLPage.Section {
        HTMLPage.Section(id: "graph", title: "Graph of stages") { html in
            let nodes = StageNode.nodes(of: stages)
            guard !nodes.isEmpty else { return html.element("p", "The run has no stages.") }
            let indices = Dictionary(
                nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
            let upstream = nodes.map { node in node.upstream.compactMap { indices[$0] } }
            if nodes.count <= Self.mostNodes, let layout = GraphLayout(upstream: upstream), layout.width <= Self.widest
            {
                let edges = upstream.reduce(0) { $0 + $1.count }
                html.wide("Graph of stages") { html in
                    GraphDrawing(
                        title: "Graph of stages",
                        description:
                            "\(counted(nodes.count, "stage")) and what they read from; the list below says the same: \(edges) connections.",
                        nodes: nodes.map(\.drawn), layout: layout
                    ).write(to: &html)
                }
                html.element(
                    "p", ["class": "muted small"],
                    "Arrows go from what is read to what reads it; those that follow from others are left out. Green: executed, grey: cached, red: failed, yellow: skipped."
                )
            } else {
                html.element(
                    "p", "The graph of \(counted(nodes.count, "stage")) can't be drawn well: here it is as a list.")
            }
            html.element("details") { html in
                html.element("summary", "The graph as a list")
                html.element("ul", ["class": "small"]) { html in
                    for node in nodes.prefix(Self.mostLines) {
                        let needs = node.upstream.prefix(40).joined(separator: ", ")
                        let more = node.upstream.count > 40 ? " and \(node.upstream.count - 40) more" : ""
                        html.element(
                            "li", "\(node.name) (\(node.detail))" + (needs.isEmpty ? "" : " reads from \(needs)\(more)")
                        )
                    }
                    if nodes.count > Self.mostLines { html.element("li", "… and \(nodes.count - Self.mostLines) more") }
                }
            }
        }
    }
}

/// A stage, or all cells of a matrix stage, as one box.
struct StageNode: Sendable {
    let name: String
    private(set) var stages: [RunReport.Stage]
    private(set) var upstream: [String]

    /// In the pipeline's order.
    static func nodes(of stages: [RunReport.Stage]) -> [StageNode] {
        func box(_ name: String) -> String { MatrixCell(name)?.stage ?? name }
        var nodes: [StageNode] = []
        var indices: [String: Int] = [:]
        var seen: [Set<String>] = []
        for stage in stages {
            let name = box(stage.row.name)
            let index: Int
            if let known = indices[name] {
                index = known
                nodes[index].stages.append(stage)
            } else {
                index = nodes.count
                indices[name] = index
                nodes.append(StageNode(name: name, stages: [stage], upstream: []))
                seen.append([name])
            }
            for need in stage.upstream where seen[index].insert(box(need)).inserted {
                nodes[index].upstream.append(box(need))
            }
        }
        return nodes
    }

    /// The gravest of its stages' states.
    private var state: String {
        let states = Set(stages.map(\.row.state))
        return ["failed", "skipped", "executed", "cached"].first(where: states.contains) ?? stages[0].row.state
    }

    private var seconds: Double { stages.reduce(0) { $0 + $1.row.seconds } }

    /// `executed, 12.3 s`; `12 cells: 2 executed, 10 cached`.
    var detail: String {
        if stages.count == 1 {
            return state == "executed" || state == "failed" ? "\(state), \(formatted(seconds: seconds))" : state
        }
        let counts = ["failed", "skipped", "executed", "cached"].compactMap { state -> String? in
            let count = stages.count { $0.row.state == state }
            return count == 0 ? nil : count == stages.count ? state : "\(count) \(state)"
        }
        return "\(stages.count) × " + counts.joined(separator: ", ")
            + (seconds > 0 ? ", \(formatted(seconds: seconds))" : "")
    }

    var drawn: GraphDrawing.Node {
        let why = stages.count == 1 ? ": \(stages[0].row.why.prefix(600))" : ""
        return GraphDrawing.Node(
            name: name, detail: detail, tone: tone(ofState: state), tip: "\(name): \(detail)\(why)")
    }
}
