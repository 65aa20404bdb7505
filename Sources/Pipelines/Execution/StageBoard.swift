import Artifacts

/// The stages of a run and what became of them so far.
struct StageBoard: Sendable {
    let stages: [ResolvedStage]
    /// By position in the pipeline; nil while a stage hasn't ended.
    private(set) var results: [StageResult?]
    /// The outputs of the stages that have them.
    private(set) var outputs: [String: [String: Digest]] = [:]
    private let upstream: [[Int]]
    private let downstream: [[Int]]
    /// How many of the stages that each one needs haven't given their outputs yet.
    private var awaited: [Int]
    /// The stages with nothing to wait for that haven't been given out, and some that have something again.
    private var ready = MinimumHeap()
    private var isTaken: [Bool]

    /// - Precondition: the stages are in topological order and have different names.
    init(_ stages: [ResolvedStage]) {
        self.stages = stages
        results = Array(repeating: nil, count: stages.count)
        let positions = Dictionary(uniqueKeysWithValues: stages.enumerated().map { ($0.element.name, $0.offset) })
        isTaken = Array(repeating: false, count: stages.count)
        let upstream = stages.map { $0.upstream.compactMap { positions[$0] } }
        var downstream: [[Int]] = Array(repeating: [], count: stages.count)
        for (position, producers) in upstream.enumerated() {
            precondition(producers.allSatisfy { $0 < position }, "stage \(stages[position].name) precedes its inputs")
            for producer in producers { downstream[producer].append(position) }
        }
        self.upstream = upstream
        self.downstream = downstream
        awaited = upstream.map(\.count)
        for position in awaited.indices where awaited[position] == 0 { ready.insert(position) }
    }

    /// The next stage whose inputs are all known, the first in the pipeline's order; it is given out once.
    mutating func takeReady() -> Int? {
        while let position = ready.removeMinimum() {
            guard results[position] == nil, awaited[position] == 0, !isTaken[position] else { continue }
            isTaken[position] = true
            return position
        }
        return nil
    }

    private func hasOutputs(_ position: Int) -> Bool {
        switch results[position]?.state {
        case .cached, .executed: true
        case .failed, .skipped, nil: false
        }
    }

    mutating func end(_ position: Int, _ result: StageResult) {
        let hadOutputs = hasOutputs(position)
        results[position] = result
        guard hasOutputs(position) else { return }
        outputs[result.name] = result.outputs
        for dependent in downstream[position] where !hadOutputs {
            awaited[dependent] -= 1
            if awaited[dependent] == 0 { ready.insert(dependent) }
        }
    }

    /// The stages that can't run any more since they need, directly or not, the one at `position`.
    func dependents(of position: Int) -> [Int] {
        var found: Set<Int> = []
        var open = [position]
        while let next = open.popLast() {
            open += downstream[next].filter { found.insert($0).inserted }
        }
        return found.filter { results[$0] == nil }.sorted()
    }

    /// The stages that the one at `position` needs, directly or not.
    func ancestors(of position: Int) -> [Int] {
        var found: Set<Int> = []
        var open = [position]
        while let next = open.popLast() {
            open += upstream[next].filter { found.insert($0).inserted }
        }
        return found.sorted()
    }

    /// Takes back that a stage was given out, and how it ended: it is to be given out again, and what needs it after it.
    mutating func reopen(_ position: Int) {
        if hasOutputs(position) { for dependent in downstream[position] { awaited[dependent] += 1 } }
        results[position] = nil
        isTaken[position] = false
        outputs[stages[position].name] = nil
        if awaited[position] == 0 { ready.insert(position) }
    }

    /// The stages that haven't ended.
    var unended: [Int] { stages.indices.filter { results[$0] == nil } }
}
