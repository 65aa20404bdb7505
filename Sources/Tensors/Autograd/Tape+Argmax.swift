extension Tape {
    /// The place of the first of the largest values of each row.
    package func argmax(_ variable: Variable) -> [Int32] {
        let values = read(variable)
        return (0..<variable.rows).map { row in
            Int32(VectorMath.argmax(values + row * variable.columns, variable.columns))
        }
    }
}
