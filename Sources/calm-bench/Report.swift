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
        if let ours = row.ours { line("calm", ours) }
        if let reference = row.reference {
            line(reference.name, reference, row.referenceRatio.map { "calm is \(decimals($0, 2)) times as fast" } ?? "")
        }
        for peer in row.peers {
            let ratio = row.ours.map { peer.median / $0.median } ?? .nan
            line(peer.name, peer, "calm is \(decimals(ratio, 2)) times as fast")
        }
        if let ceiling = row.ceiling, let share = row.ceilingShare {
            line(ceiling.name, ceiling, "calm reaches \(decimals(share * 100, 0))%")
        }
        if let goal = row.goal, let ratio = row.ratio ?? row.referenceRatio {
            lines.append("  goal: \(decimals(goal, 2)) times, \(ratio >= goal ? "met" : "missed")")
        }
        if let goal = row.ceilingGoal, let share = row.ceilingShare {
            lines.append("  goal: \(decimals(goal * 100, 0))% of the ceiling, \(share >= goal ? "met" : "missed")")
        }
        lines += row.notes.map { "  \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
