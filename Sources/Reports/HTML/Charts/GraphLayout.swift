/// Places the nodes of an acyclic graph in layers, each below all that it needs, with few crossings.
struct GraphLayout: Sendable {
    struct Place: Sendable, Equatable {
        /// The middle of the node, in pixels from the left.
        var x: Double
        var layer: Int
    }

    static let nodeWidth = 166.0
    private static let (bendWidth, gap) = (14.0, 14.0)

    /// By node.
    private(set) var places: [Place] = []
    /// From a node to another, by the middles of the layers between.
    private(set) var routes: [(from: Int, to: Int, bends: [Double])] = []
    private(set) var width = 0.0
    private(set) var layers = 0

    /// Nil if the graph has a cycle.
    ///
    /// - Parameter upstream: For each node, the nodes that it needs. Arrows that follow from others are left out.
    init?(upstream: [[Int]]) {
        let count = upstream.count
        guard let order = Self.topologicalOrder(upstream) else { return nil }
        var layer = Array(repeating: 0, count: count)
        var above = Array(repeating: Set<Int>(), count: count)
        var direct: [[Int]] = Array(repeating: [], count: count)
        for node in order {
            let needs = Set(upstream[node])
            layer[node] = (needs.map { layer[$0] }.max() ?? -1) + 1
            let implied = needs.reduce(into: Set<Int>()) { $0.formUnion(above[$1]) }
            direct[node] = needs.subtracting(implied).sorted()
            above[node] = needs.union(implied)
        }
        layers = (layer.max() ?? -1) + 1
        // As far down as those that need a node allow: else all that needs little crowds the top.
        var below = Array(repeating: layers, count: count)
        for node in order.reversed() {
            if below[node] < layers { layer[node] = below[node] - 1 }
            for need in direct[node] { below[need] = min(below[need], layer[node]) }
        }

        // Nodes, and after them the bends of arrows that pass layers.
        var owners = Array(0..<count).map { (layer: layer[$0], width: Self.nodeWidth) }
        var neighbours: [[Int]] = Array(repeating: [], count: count)
        var chains: [(from: Int, to: Int, bends: [Int])] = []
        for node in order {
            for need in direct[node] {
                var chain: [Int] = []
                var last = need
                for between in stride(from: layer[need] + 1, to: layer[node], by: 1) {
                    owners.append((between, Self.bendWidth))
                    neighbours.append([last])
                    neighbours[last].append(owners.count - 1)
                    last = owners.count - 1
                    chain.append(last)
                }
                neighbours[last].append(node)
                neighbours[node].append(last)
                chains.append((need, node, chain))
            }
        }
        var rows: [[Int]] = Array(repeating: [], count: layers)
        for item in owners.indices { rows[owners[item].layer].append(item) }
        var x = Array(repeating: 0.0, count: owners.count)
        for row in rows { Self.pack(row, owners.map(\.width), &x) { _ in nil } }
        for pass in 0..<12 {
            let isDownward = pass % 2 == 0
            for index in isDownward ? Array(rows.indices) : rows.indices.reversed() {
                let wanted = { (item: Int) -> Double? in
                    let others = neighbours[item].filter { (owners[$0].layer < index) == isDownward }
                    return others.isEmpty ? nil : others.reduce(0) { $0 + x[$1] } / Double(others.count)
                }
                let keys = Dictionary(uniqueKeysWithValues: rows[index].map { ($0, wanted($0) ?? x[$0]) })
                // The last passes move nodes without changing their order, so that the drawing settles.
                if pass < 8 { rows[index].sort { (keys[$0] ?? 0, $0) < (keys[$1] ?? 0, $1) } }
                Self.pack(rows[index], owners.map(\.width), &x) { keys[$0] }
            }
        }
        let left = owners.indices.map { x[$0] - owners[$0].width / 2 }.min() ?? 0
        width = (owners.indices.map { x[$0] + owners[$0].width / 2 }.max() ?? 0) - left + 4
        places = (0..<count).map { Place(x: x[$0] - left + 2, layer: layer[$0]) }
        routes = chains.map { chain in (chain.from, chain.to, chain.bends.map { x[$0] - left + 2 }) }
    }

    /// Puts a row's items as near as may be to where they are wanted, in order and apart.
    private static func pack(_ row: [Int], _ widths: [Double], _ x: inout [Double], wanted: (Int) -> Double?) {
        guard !row.isEmpty else { return }
        var edge = -Double.infinity
        var shift = 0.0
        for item in row {
            let goal = wanted(item) ?? (edge.isFinite ? edge + gap + widths[item] / 2 : 0)
            x[item] = max(goal, edge.isFinite ? edge + gap + widths[item] / 2 : goal)
            shift += goal - x[item]
            edge = x[item] + widths[item] / 2
        }
        for item in row { x[item] += shift / Double(row.count) }
    }

    private static func topologicalOrder(_ upstream: [[Int]]) -> [Int]? {
        var waiting = upstream.map { Set($0).count }
        var downstream: [[Int]] = Array(repeating: [], count: upstream.count)
        for (node, needs) in upstream.enumerated() { for need in Set(needs) { downstream[need].append(node) } }
        var order = waiting.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for node in downstream[order[next]] {
                waiting[node] -= 1
                if waiting[node] == 0 { order.append(node) }
            }
            next += 1
        }
        return order.count == upstream.count ? order : nil
    }
}
