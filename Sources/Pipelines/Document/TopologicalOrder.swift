/// The order in which nodes come after all that they depend on; among the ready ones, the lowest index first.
///
/// Complexity: O((nodes + edges) log nodes).
struct TopologicalOrder {
    /// Without the nodes on a cycle or downstream of one.
    let sorted: [Int]
    /// Cycles that share no node, each from its lowest index on in the direction from a node to one that depends on it.
    let cycles: [[Int]]

    /// - Parameter dependencies: for each node the nodes it depends on, in any order, repeated or not.
    init(dependencies: [[Int]]) {
        var dependents: [[Int]] = Array(repeating: [], count: dependencies.count)
        var missing = dependencies.map(\.count)
        for (node, needed) in dependencies.enumerated() {
            for dependency in needed { dependents[dependency].append(node) }
        }
        var ready = MinimumHeap()
        for node in missing.indices where missing[node] == 0 { ready.insert(node) }
        var sorted: [Int] = []
        sorted.reserveCapacity(missing.count)
        while let node = ready.removeMinimum() {
            sorted.append(node)
            for dependent in dependents[node] {
                missing[dependent] -= 1
                if missing[dependent] == 0 { ready.insert(dependent) }
            }
        }
        self.sorted = sorted
        cycles = sorted.count == missing.count ? [] : Self.cycles(dependencies, isStuck: missing.map { $0 > 0 })
    }

    /// Every stuck node depends on a stuck node, so that walking there must come back to where it has been.
    private static func cycles(_ dependencies: [[Int]], isStuck: [Bool]) -> [[Int]] {
        var walk = [Int](repeating: -1, count: dependencies.count)
        var cycles: [[Int]] = []
        for start in isStuck.indices where isStuck[start] && walk[start] < 0 {
            var path: [Int] = []
            var node = start
            while walk[node] < 0, let next = dependencies[node].first(where: { isStuck[$0] }) {
                walk[node] = start
                path.append(node)
                node = next
            }
            guard walk[node] == start, let first = path.firstIndex(of: node) else { continue }
            let cycle = Array(path[first...].reversed())
            if let lowest = cycle.indices.min(by: { cycle[$0] < cycle[$1] }) {
                cycles.append(Array(cycle[lowest...] + cycle[..<lowest]))
            }
        }
        return cycles
    }
}
