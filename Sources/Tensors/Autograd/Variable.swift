/// A matrix [rows, columns] on a ``Tape``: activations of a packed batch, one row a token.
package struct Variable: Sendable {
    let index: Int
    package let rows: Int
    package let columns: Int

    var count: Int { rows * columns }

    /// The columns from `first` on, as an operand of attention or rotary positions.
    package func columns(from first: Int) -> VariableColumns { VariableColumns(variable: self, first: first) }

    /// The same of a variable that holds elements in half precision.
    package func halfColumns(from first: Int) -> VariableColumns {
        VariableColumns(variable: self, first: first, isHalf: true)
    }

    var shape: String { "[\(rows), \(columns)]" }
}

/// Some columns of a variable, so that one fused product can hold queries, keys and values side by side.
package struct VariableColumns: Sendable {
    let variable: Variable
    let first: Int
    /// Whether two elements in half precision lie where one in Float32 would; columns count these.
    var isHalf = false

    /// Columns of the variable.
    var columns: Int { isHalf ? 2 * variable.columns : variable.columns }
    var elementBytes: Int { isHalf ? 2 : 4 }
}
