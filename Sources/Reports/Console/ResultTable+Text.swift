import Foundation
import Pipelines

extension ResultTable {
    /// The table as monospaced text; percentages, how far off they may be, the reference in parentheses.
    package var text: String { text(width: nil) }

    /// The same for a window: columns that have no room beside the others stand below them, and notes are no wider.
    package func text(width: Int?) -> String {
        let heads = [title] + rows
        let headWidth = heads.map(\.columns).max() ?? 0
        let cells = columns.map { column in [column] + rows.map { cell("\($0).\(column)") } }
        let widths = cells.map { $0.map(\.columns).max() ?? 0 }
        var text = ""
        var start = 0
        repeat {
            var end = start
            var total = headWidth
            while end < cells.count, end == start || total + 3 + widths[end] <= width ?? .max {
                total += 3 + widths[end]
                end += 1
            }
            if start > 0 { text += "\n" }
            for (index, head) in heads.enumerated() {
                text += head.padded(to: headWidth)
                for column in start..<end {
                    let cell = cells[column][index]
                    text += "   " + String(repeating: " ", count: widths[column] - cell.columns) + cell
                }
                text += "\n"
                if index == 0 { text += String(repeating: "─", count: total) + "\n" }
            }
            start = end
        } while start < cells.count
        for note in notes { text += wrapped(note, at: min(100, width ?? 100)) }
        return text
    }

    private func cell(_ name: String) -> String {
        if !isInPercent {
            guard let value = values[name] else { return "–" }
            let margin = margins?[name].map { " ±" + formatted(number: $0) } ?? ""
            return formatted(number: value) + margin + (reference[name].map { " (\(formatted(number: $0)))" } ?? "")
        }
        let value = values[name].map { String(format: "%5.1f", $0 * 100) } ?? "    –"
        let margin = margins.map { margins in margins[name].map { String(format: " ±%.1f", $0 * 100) } ?? "     " }
        let reference = reference[name].map { String(format: "(%5.1f)", $0 * 100) } ?? "       "
        return "\(value)\(margin ?? "") \(reference)"
    }

    /// A note as a list item, broken between words.
    private func wrapped(_ note: String, at width: Int) -> String {
        var lines = ["-"]
        for word in note.split(separator: " ") {
            if lines[lines.count - 1].columns + 1 + String(word).columns > width { lines.append(" ") }
            lines[lines.count - 1] += " " + word
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
