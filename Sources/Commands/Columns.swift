import Artifacts
import Foundation

/// Rows of cells as aligned text, two spaces apart.
func columns(_ rows: [[String]]) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
        let cells = row.enumerated().map { index, cell in
            index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
        }
        return "  " + cells.joined(separator: "  ") + "\n"
    }.joined()
}

/// A moment in seconds since 1970 as ISO 8601, UTC.
func timestamp(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(.iso8601)
}

extension JSONValue {
    /// A number; `null` if it isn't finite.
    static func number(_ value: Double?) -> JSONValue {
        value.flatMap { $0.isFinite ? .double($0) : nil } ?? .null
    }

    static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

    static func digests(_ digests: [String: Digest]) -> JSONValue { .object(digests.mapValues { .string($0.hex) }) }
}
