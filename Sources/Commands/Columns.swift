import Artifacts
import Foundation
import Reports

/// Rows of cells as aligned text, two spaces apart, in signs that can be shown.
func columns(_ rows: [[String]]) -> String {
    let rows = rows.map { $0.map(Terminal.standardOutput.spelled) }
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].columns : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { index, cell in
            index == row.count - 1 ? cell : cell.padded(to: widths[index])
        }
        return "  " + cells.joined(separator: "  ") + "\n"
    }.joined()
}

extension JSONValue {
    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    static func digests(_ digests: [String: Digest]) -> JSONValue { .object(digests.mapValues { .string($0.hex) }) }
}
