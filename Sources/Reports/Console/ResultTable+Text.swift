import Foundation
import Pipelines

extension ResultTable {
    /// The table as monospaced text; percentages, how far off they may be, the reference in parentheses.
    package var text: String {
        var lines = [[title] + columns]
        for row in rows {
            lines.append(
                [row]
                    + columns.map { column in
                        let name = "\(row).\(column)"
                        let value = values[name].map { String(format: "%5.1f", $0 * 100) } ?? "    –"
                        let margin = margins.map { margins in
                            margins[name].map { String(format: " ±%.1f", $0 * 100) } ?? "     "
                        }
                        let reference = reference[name].map { String(format: "(%5.1f)", $0 * 100) } ?? "       "
                        return "\(value)\(margin ?? "") \(reference)"
                    })
        }
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var text = ""
        for (index, line) in lines.enumerated() {
            text += line.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "   ")
            text += "\n"
            if index == 0 { text += String(repeating: "─", count: widths.reduce(0, +) + 3 * (widths.count - 1)) + "\n" }
        }
        for note in notes { text += wrapped(note) }
        return text
    }

    /// A note as a list item, broken between words at 100 columns.
    private func wrapped(_ note: String) -> String {
        var lines = ["-"]
        for word in note.split(separator: " ") {
            if lines[lines.count - 1].count + 1 + word.count > 100 { lines.append(" ") }
            lines[lines.count - 1] += " " + word
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
