import Artifacts
import Foundation
import Reports

/// Rows of cells as aligned text, two spaces apart, in signs that can be shown.
///
/// In a window that is too narrow, the last cells are broken into lines; if there is no room for that, they stand below.
func columns(_ rows: [[String]], width: Int? = Terminal.standardOutput.columns) -> String {
    let rows = rows.map { $0.map(Terminal.standardOutput.spelled) }
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].columns : 0 }.max() ?? 0 }
    let indent = 2 + widths.dropLast().reduce(0) { $0 + $1 + 2 }
    return rows.map { row in
        let cells = row.enumerated().map { index, cell in
            index == row.count - 1 ? cell : cell.padded(to: widths[index])
        }
        let line = "  " + cells.joined(separator: "  ")
        guard let width, line.columns > width, row.count == count, count > 1, let last = row.last else {
            return line + "\n"
        }
        let start = "  " + cells.dropLast().joined(separator: "  ")
        if width - indent >= leastRoom {
            let lines = last.wrapped(to: width - indent)
            return start + "  " + lines.joined(separator: "\n" + String(repeating: " ", count: indent)) + "\n"
        }
        let below = last.wrapped(to: max(leastRoom, width - 6)).map { "      " + $0 }
        let end = start.lastIndex { $0 != " " }.map { start[...$0] } ?? ""
        return ([String(end)] + below).joined(separator: "\n") + "\n"
    }.joined()
}

/// The least columns in which text can be read that is broken into lines.
private let leastRoom = 24

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    static func digests(_ digests: [String: Digest]) -> JSONValue { .object(digests.mapValues { .string($0.hex) }) }
}
