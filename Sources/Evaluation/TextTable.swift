/// Tab-separated values with a header line, UTF-8, `\n` line ends: how datasets are stored, readable by anything.
package struct TextTable: Sendable, Equatable {
    package let columns: [String]
    package let rows: [[Substring]]

    package init(columns: [String], rows: [[Substring]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The file's text.
    ///
    /// - Precondition: no cell holds a tab or a line end.
    package static func text(columns: [String], rows: some Sequence<[String]>) -> String {
        var text = columns.joined(separator: "\t") + "\n"
        for row in rows {
            precondition(row.count == columns.count, "a row of \(row.count) cells under \(columns.count) columns")
            text += row.joined(separator: "\t")
            text += "\n"
        }
        return text
    }

    /// A text as a cell: characters that a cell can't hold as `\n`, `\t`, or `\u{…}`.
    package static func cell(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 }) else { return text }
        var cell = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": cell += "\\n"
            case "\t": cell += "\\t"
            case "\r": cell += "\\r"
            default:
                if scalar.value < 0x20 {
                    cell += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    cell.unicodeScalars.append(scalar)
                }
            }
        }
        return cell
    }

    /// Reads a file's text.
    ///
    /// - Throws: `DatasetError` naming the line if the header differs from `columns` or a row has another width.
    package init(parsing text: String, columns: [String], file: String) throws {
        // By bytes: a search for characters would take most of the time.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Substring.init)
        if lines.last == "" { lines.removeLast() }
        if lines.first?.hasSuffix("\r") == true {
            throw DatasetError("\(file):1: lines end with a carriage return and a line feed; expected line feeds alone")
        }
        guard let header = lines.first, header.split(separator: "\t").map(String.init) == columns else {
            throw DatasetError(
                "\(file):1: expected the header '\(columns.joined(separator: "\\t"))', found '\(lines.first ?? "")'")
        }
        self.columns = columns
        rows = try lines.dropFirst().enumerated().map { index, line in
            let cells = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
                .map(Substring.init)
            guard cells.count == columns.count else {
                throw DatasetError(
                    "\(file):\(index + 2): expected \(columns.count) tab-separated cells, found \(cells.count)")
            }
            return cells
        }
    }
}
