import Evaluation

// How D_KV and D_KV-EXP stand in a file: tab-separated text.

extension KeyValuePairs {
    private static let columns = ["key", "value", "held_in"]

    package var table: String {
        TextTable.text(columns: Self.columns, rows: pairs.map { [$0.key, String($0.value), $0.isHeldIn ? "1" : "0"] })
    }

    package init(table text: String, file: String) throws {
        let rows = try TextTable(parsing: text, columns: Self.columns, file: file).rows
        pairs = try rows.enumerated().map { index, cells in
            guard let value = Int(cells[1]), cells[2] == "0" || cells[2] == "1", !cells[0].isEmpty else {
                throw DatasetError(
                    "\(file):\(index + 2): expected a key, an integer and 0 or 1, found '\(cells.joined(separator: " "))'"
                )
            }
            return Pair(key: String(cells[0]), value: value, isHeldIn: cells[2] == "1")
        }
    }
}

extension ArithmeticExpression<KeyedValue> {
    private static let columns = ["expression", "numeric"]

    package static func table(_ expressions: [Self]) -> String {
        TextTable.text(columns: columns, rows: expressions.lazy.map { [$0.map(\.key).text, $0.map(\.value).text] })
    }

    package static func expressions(table text: String, file: String) throws -> [Self] {
        let rows = try TextTable(parsing: text, columns: columns, file: file).rows
        return try rows.enumerated().map { index, cells in
            guard let keys = ArithmeticExpression<String>(parsing: cells[0]),
                let values = ArithmeticExpression<String>(parsing: cells[1]),
                keys.operators == values.operators
            else {
                throw DatasetError(
                    "\(file):\(index + 2): expected an expression and its numeric form, found "
                        + "'\(cells.joined(separator: "' and '"))'")
            }
            let operands = try zip(keys.operands, values.operands).map { key, value in
                guard let value = Int(value) else {
                    throw DatasetError("\(file):\(index + 2): expected an integer, found '\(value)'")
                }
                return KeyedValue(key: key, value: value)
            }
            return ArithmeticExpression(operands: operands, operators: keys.operators)
        }
    }
}

extension ArithmeticExpression<String> {
    /// Splits `a+b--7` at its operators; a minus at the start of an operand is its sign. Nil if an operand is empty.
    fileprivate init?(parsing text: Substring) {
        var operands = [""]
        var operators: [ArithmeticOperator] = []
        for character in text {
            let isSign = character == "-" && operands[operands.count - 1].isEmpty
            if !isSign, let operation = ArithmeticOperator(rawValue: String(character)) {
                operators.append(operation)
                operands.append("")
            } else {
                operands[operands.count - 1].append(character)
            }
        }
        guard operands.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(operands: operands, operators: operators)
    }
}
