import GRDB

extension RunFilter {
    /// The condition on the table `runs`. Whatever came from outside is an argument, never part of the text.
    var sql: (text: String, arguments: StatementArguments) {
        switch self {
        case .all(let parts): return Self.joined(parts, " AND ")
        case .any(let parts): return Self.joined(parts, " OR ")
        case .not(let part):
            let inner = part.sql
            // Null, for what a run lacks, is as good as false.
            return ("NOT coalesce(\(inner.text), 0)", inner.arguments)
        case .comparison(let field, let comparison, let value): return Self.comparison(field, comparison, value)
        }
    }

    private static func joined(
        _ parts: [RunFilter], _ sign: String
    ) -> (text: String, arguments: StatementArguments) {
        let parts = parts.map(\.sql)
        return (
            "(" + parts.map(\.text).joined(separator: sign) + ")",
            parts.reduce(into: StatementArguments()) { $0 += $1.arguments }
        )
    }

    private typealias Fragment = (text: String, arguments: StatementArguments)

    private static func comparison(_ field: Field, _ comparison: Comparison, _ value: Value) -> Fragment {
        switch field {
        case .run: return beginning("runs.id", comparison, value)
        case .pipeline: return plain("runs.pipeline", comparison, value)
        case .file: return plain("runs.file", comparison, value)
        case .command: return plain("runs.command_line", comparison, value)
        case .exit: return plain("runs.exit", comparison, value)
        case .seconds: return plain("runs.seconds", comparison, value)
        case .started: return moment("runs.started_at", comparison, value)
        case .state:
            return plain(
                """
                (CASE WHEN runs.exit IS NULL THEN 'unfinished' WHEN runs.exit = 0 THEN 'succeeded' \
                WHEN runs.exit = 1 THEN 'gate-missed' WHEN runs.exit IN (130, 143) THEN 'interrupted' ELSE 'failed' END)
                """, comparison, value)
        case .parameter(let name):
            let inner = parameter(comparison, value)
            return (
                "EXISTS (SELECT 1 FROM json_each(runs.parameters) WHERE key = ? AND \(inner.text))",
                [name] + inner.arguments
            )
        case .metric(let name):
            let inner = plain("value", comparison, value)
            return (
                """
                EXISTS (SELECT 1 FROM run_metrics WHERE run_metrics.run = runs.id \
                AND (name = ? OR stage || '.' || name = ?) AND \(inner.text))
                """, [name, name] + inner.arguments
            )
        case .stage(let name, let property):
            let inner = stage(property, comparison, value)
            return (
                "EXISTS (SELECT 1 FROM run_stages WHERE run = runs.id AND name = ? AND \(inner.text))",
                [name] + inner.arguments
            )
        case .output(let name):
            let inner = beginning("artifact", comparison, value)
            return (
                """
                EXISTS (SELECT 1 FROM run_outputs WHERE run_outputs.run = runs.id \
                AND (? IS NULL OR stage || '.' || role = ?) AND \(inner.text))
                """, [name, name] + inner.arguments
            )
        case .gate(let name):
            let inner = plain("(CASE passed WHEN 1 THEN 'passed' ELSE 'missed' END)", comparison, value)
            return (
                """
                EXISTS (SELECT 1 FROM gates WHERE run = runs.id \
                AND (? IS NULL OR metric = ? OR stage || '.' || metric = ?) AND \(inner.text))
                """, [name, name, name] + inner.arguments
            )
        }
    }

    private static func stage(_ property: StageProperty, _ comparison: Comparison, _ value: Value) -> Fragment {
        switch property {
        case .state: plain("state", comparison, value)
        case .key: beginning("key", comparison, value)
        case .kind: plain("kind", comparison, value)
        case .seconds: plain("seconds", comparison, value)
        case .attempts: plain("attempts", comparison, value)
        case .why: plain("why", comparison, value)
        }
    }

    private static func plain(_ column: String, _ comparison: Comparison, _ value: Value) -> Fragment {
        switch comparison {
        case .contains: ("instr(lower(\(column)), lower(?)) > 0", [value.argument])
        case .lacks: ("instr(lower(\(column)), lower(?)) = 0", [value.argument])
        case .equal: ("\(column) = ?", [value.argument])
        case .notEqual: ("\(column) <> ?", [value.argument])
        case .less: ("\(column) < ?", [value.argument])
        case .lessOrEqual: ("\(column) <= ?", [value.argument])
        case .greater: ("\(column) > ?", [value.argument])
        case .greaterOrEqual: ("\(column) >= ?", [value.argument])
        }
    }

    /// Names and digests are the same if one begins with the other.
    private static func beginning(_ column: String, _ comparison: Comparison, _ value: Value) -> Fragment {
        let sign = comparison == .notEqual ? "<>" : "="
        return ("substr(\(column), 1, length(?)) \(sign) ?", [value.argument, value.argument])
    }

    /// A day is the same as every moment in it.
    private static func moment(_ column: String, _ comparison: Comparison, _ value: Value) -> Fragment {
        guard case .time(let start, let length) = value else { return plain(column, comparison, value) }
        let end = start + length
        switch comparison {
        case .less: return ("\(column) < ?", [start])
        case .greaterOrEqual: return ("\(column) >= ?", [start])
        case .lessOrEqual: return ("\(column) < ?", [end])
        case .greater: return ("\(column) >= ?", [end])
        case .notEqual, .lacks: return ("NOT (\(column) >= ? AND \(column) < ?)", [start, end])
        case .equal, .contains: return ("(\(column) >= ? AND \(column) < ?)", [start, end])
        }
    }

    /// Parameters are kept as they were written: `7` is a text that looks like a number.
    private static func parameter(_ comparison: Comparison, _ value: Value) -> Fragment {
        let text = "CAST(value AS TEXT)"
        if case .number = value {
            let number = """
                (CASE WHEN json_valid(\(text)) THEN CASE WHEN json_type(\(text)) IN ('integer', 'real') \
                THEN CAST(value AS REAL) END END)
                """
            return plain(number, comparison, value)
        }
        return plain(text, comparison, value)
    }
}

extension RunFilter.Value {
    fileprivate var argument: any DatabaseValueConvertible {
        switch self {
        case .text(let text): text
        case .number(let number): number
        case .time(let start, _): start
        }
    }
}

extension Catalogue {
    /// The latest runs for which a condition holds, newest first.
    package func runs(where filter: RunFilter, limit: Int) throws -> [RunRow] {
        let (condition, arguments) = filter.sql
        return try read { db in
            try RunRow.fetchAll(
                db, sql: "SELECT * FROM runs WHERE \(condition) ORDER BY started_at DESC, id DESC LIMIT ?",
                arguments: arguments + [limit])
        }
    }
}
