/// A table of fractions or other numbers, models across and tasks down, with figures to compare with: what a `table` artifact holds.
package struct ResultTable: Codable, Sendable, Equatable {
    /// The member of the artifact that holds the table as JSON.
    package static let member = "table.json"

    package var title: String
    package var columns: [String]
    package var rows: [String]
    /// By `row.column`, as fractions.
    package var values: [String: Double]
    /// How far off each value may be, by `row.column`, as fractions: a note says in which sense. Nil in tables of before.
    package var margins: [String: Double]?
    /// Figures from elsewhere, such as the paper's, by `row.column`, as fractions.
    package var reference: [String: Double]
    /// What a reader must know to judge the figures.
    package var notes: [String]
    /// Whether the values are numbers of any kind rather than fractions to be shown in per cent; nil in tables of before.
    package var isPlain: Bool?

    package init(
        title: String, columns: [String], rows: [String], values: [String: Double], margins: [String: Double]? = nil,
        reference: [String: Double], notes: [String]
    ) {
        self.title = title
        self.columns = columns
        self.rows = rows
        self.values = values
        self.margins = margins
        self.reference = reference
        self.notes = notes
    }

    package var isInPercent: Bool { isPlain != true }
}
