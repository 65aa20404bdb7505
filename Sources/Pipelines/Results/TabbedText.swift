/// Tab-separated values under a header line, as stages write curves and predictions; read without trust.
package struct TabbedText: Sendable {
    package let columns: [String]
    /// Those with as many cells as there are columns.
    package let rows: [[Substring]]

    /// Nil if there is no header.
    ///
    /// - Parameter limit: How many rows are read at most.
    package init?(_ text: String, limit: Int) {
        // By bytes: a search for characters would take most of the time.
        func pieces(_ text: Substring, at separator: UInt8, most: Int = .max) -> [Substring] {
            text.utf8.split(separator: separator, maxSplits: most, omittingEmptySubsequences: false)
                .map(Substring.init)
        }
        let lines = pieces(text[...], at: UInt8(ascii: "\n"), most: limit + 1)
        guard let header = lines.first, !header.isEmpty else { return nil }
        let columns = pieces(header, at: UInt8(ascii: "\t")).map(String.init)
        rows = lines.dropFirst().prefix(limit).compactMap { line in
            let cells = pieces(line, at: UInt8(ascii: "\t"))
            return cells.count == columns.count ? cells : nil
        }
        self.columns = columns
    }

    package func column(_ name: String) -> Int? { columns.firstIndex(of: name) }
}
