/// All rows and where they were measured.
struct Report: Encodable {
    let environment: [String: String]
    let rows: [RowResult]

    /// A row for people.
    static func text(_ row: RowResult) -> String {
        var lines = ["", "\(row.name): \(row.summary)"]
        func line(_ label: String, _ samples: Samples, _ comment: String = "") {
            lines.append("  \(label.padded(to: 22)) \(samples.text.padded(to: 18)) \(comment)")
        }
        func comparison(_ other: Samples) -> String {
            guard let ours = row.ours else { return "" }
            switch other.unit {
            case .seconds: return "calm is \(decimals(other.median / ours.median, 2)) times as fast"
            case .bytes: return "calm takes \(decimals(ours.median / other.median * 100, 0))%"
            }
        }
        if let ours = row.ours {
            var speed = ""
            if let operations = row.operationsPerSecond, let share = row.peakShare {
                speed = "\(decimals(operations / 1e9, 0)) GFLOP/s, \(decimals(share * 100, 0))% of the peak"
            }
            line("calm", ours, speed)
        }
        for other in [row.reference].compactMap({ $0 }) + row.peers { line(other.name, other, comparison(other)) }
        if let ceiling = row.ceiling, let share = row.ceilingShare {
            line(ceiling.name, ceiling, "calm reaches \(decimals(share * 100, 0))%")
        }
        if let goal = row.goal, let ratio = row.ratio ?? row.referenceRatio {
            let measure =
                row.ours?.unit == .bytes ? "at most PyTorch's / \(decimals(goal, 2))" : "\(decimals(goal, 2)) times"
            lines.append("  goal: \(measure), \(ratio >= goal ? "met" : "missed")")
        }
        if let goal = row.ceilingGoal, let share = row.ceilingShare {
            lines.append("  goal: \(decimals(goal * 100, 0))% of the ceiling, \(share >= goal ? "met" : "missed")")
        }
        if let limit = row.limit, let ours = row.ours {
            lines.append("  goal: at most \(decimals(limit, 0)) s, \(ours.median <= limit ? "met" : "missed")")
        }
        lines += row.notes.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
