/// Tab-separated values under a header line, as stages write curves and predictions; read without trust.
package struct TabbedText: Sendable {
    package let columns: [String]
    /// Those with as many cells as there are columns.
    package let rows: [[Substring]]

    /// Nil if there is no header.
    ///
    /// - Parameter limit: How many rows are read at most.
    package init?(_ text: String, limit: Int) {
        let lines = text.split(separator: "\n", maxSplits: limit + 1, omittingEmptySubsequences: false)
        guard let header = lines.first, !header.isEmpty else { return nil }
        let columns = header.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        rows = lines.dropFirst().prefix(limit).compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            return cells.count == columns.count ? cells : nil
        }
        self.columns = columns
    }

    package func column(_ name: String) -> Int? { columns.firstIndex(of: name) }
}
