/// What a contest came to.
struct Outcome: Encodable {
    let name: String
    let summary: String
    let lines: [Line]
    let verdicts: [Verdict]

    /// For people.
    var text: String {
        var rows = ["", "\(name): \(summary)"]
        for line in lines {
            var speed = ""
            if let amount = line.gibibytes {
                let bytes = amount * 0x1p30 / 1e9
                speed =
                    "  \(decimals(bytes / line.wall.median, 2)) GB/s, \(decimals(bytes / line.cpu.median, 2)) a core"
            }
            rows.append(
                "  \(line.name.padded(to: 24)) \(line.wall.text.padded(to: 18)) "
                    + "processor \(line.cpu.text.padded(to: 16))\(speed)")
        }
        rows += verdicts.map { "  goal: \($0.goal): \($0.found), \($0.isMet ? "met" : "missed")" }
        return rows.joined(separator: "\n")
    }

    /// The whole in Markdown; an absent tool leaves its cell empty.
    static func table(_ outcomes: [Outcome]) -> String {
        var rows = ["| row | calm | ninja | Snakemake | DVC | goals |", "| --- | --- | --- | --- | --- | --- |"]
        for outcome in outcomes {
            let cells: [String] = Tool.allCases.map { tool in
                let texts: [String] = outcome.lines.filter { $0.tool == tool }.map { line in
                    line.name == tool.title ? line.wall.text : "\(line.name): \(line.wall.text)"
                }
                return texts.joined(separator: "<br>")
            }
            let verdicts = outcome.verdicts.map { "\($0.found), \($0.isMet ? "met" : "**missed**")" }
            rows.append(
                "| `\(outcome.name)` | \(cells.joined(separator: " | ")) | \(verdicts.joined(separator: "; ")) |")
        }
        return rows.joined(separator: "\n")
    }
}
