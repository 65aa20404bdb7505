/// What a row of a model came to.
struct ModelRowResult: Encodable {
    struct Contender: Encodable {
        let name: String
        /// Seconds a token, a byte of text, or in all; bytes in the row of memory.
        let values: [Double]
        let median: Double
        /// Tokens a processor second, the median.
        let tokensPerProcessorSecond: Double?
    }

    struct GoalResult: Encodable {
        let peer: String
        let factor: Double
        /// How many times as fast calm is; nil if the peer wasn't measured.
        let reached: Double?
        let isMet: Bool
    }

    let name: String
    let summary: String
    let contenders: [Contender]
    /// What the machine allows, in seconds a token or bytes.
    let limit: Double?
    let goals: [GoalResult]

    init(_ row: ModelRow, _ times: [(name: String, values: [Double], processor: [Double])], limit: Double?) {
        name = row.name
        summary = row.summary
        func median(_ values: [Double]) -> Double {
            let sorted = values.sorted()
            return sorted.isEmpty ? .nan : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        }
        contenders = times.map {
            Contender(
                name: $0.name, values: $0.values, median: median($0.values),
                tokensPerProcessorSecond: $0.processor.isEmpty ? nil : 1 / median($0.processor))
        }
        self.limit = limit
        let ours = contenders.first?.median
        let measured = contenders
        goals =
            row.goals.map { goal in
                let peer = measured.first { $0.name == goal.peer }?.median
                let reached = ours.flatMap { ours in peer.map { $0 / ours } }
                return GoalResult(
                    peer: goal.peer, factor: goal.factor, reached: reached, isMet: (reached ?? 0) >= goal.factor)
            }
            + [row.limit].compactMap { $0 }.map { factor in
                let reached = ours.flatMap { ours in limit.map { ours / $0 } }
                return GoalResult(
                    peer: "file and caches", factor: factor, reached: reached, isMet: (reached ?? .infinity) <= factor)
            }
    }

    /// For people.
    func text(_ measure: ModelRow.Measure) -> String {
        func figure(_ value: Double) -> String {
            switch measure {
            case .prefill, .decode, .batch: "\(decimals(1 / value, 1)) tokens/s"
            case .tokenize: "\(decimals(1e-6 / value, 2)) MB/s"
            case .firstToken: "\(decimals(value, 3)) s"
            case .memory: "\(decimals(value / 0x1p20, 0)) MiB"
            }
        }
        var lines = ["", "\(name): \(summary)"]
        for contender in contenders {
            let processor = contender.tokensPerProcessorSecond.map { "\(decimals($0, 1)) a processor second" } ?? ""
            lines.append("  \(contender.name.padded(to: 18)) \(figure(contender.median).padded(to: 18)) \(processor)")
        }
        if let limit {
            let label = measure == .memory ? "file and caches" : "the machine's limit"
            lines.append("  \(label.padded(to: 18)) \(figure(limit))")
        }
        for goal in goals {
            guard let reached = goal.reached else {
                lines.append("  goal: \(decimals(goal.factor, 1)) times \(goal.peer), not measured")
                continue
            }
            let most = measure == .memory ? "at most " : ""
            lines.append(
                "  goal: \(most)\(decimals(goal.factor, 1)) times \(goal.peer), \(goal.isMet ? "met" : "missed"): "
                    + decimals(reached, 2))
        }
        return lines.joined(separator: "\n")
    }
}

struct ModelResult: Encodable {
    let model: String
    let peers: [String]
    let rows: [ModelRowResult]
    let notes: [String]
    let text: String

    private enum CodingKeys: String, CodingKey { case model, peers, rows, notes }
}

struct ModelReport: Encodable {
    let limits: MachineLimits
    let models: [ModelResult]
}

extension ModelRow {
    var goalText: String {
        goals.map { "; \(decimals($0.factor, 1)) times \($0.peer)" }.joined()
            + (limit.map { "; at most \(decimals($0, 1)) times the file and the caches" } ?? "")
    }
}
