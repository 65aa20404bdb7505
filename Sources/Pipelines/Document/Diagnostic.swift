import Artifacts

/// One thing that is wrong with a pipeline: where, what was found, what was expected.
package struct Diagnostic: Error, Hashable, CustomStringConvertible {
    package let location: SourceLocation
    package let message: String

    package init(_ location: SourceLocation, _ message: String) {
        self.location = location
        self.message = message
    }

    /// `file:line:column: error: message`
    package var description: String { "\(location): error: \(message)" }
}

/// Everything that is wrong with a pipeline, in the order of the file; what `--set` brought comes last.
package struct PipelineDiagnostics: Error, Sendable, CustomStringConvertible {
    package let diagnostics: [Diagnostic]

    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// A line each.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }

    /// `[{"column", "file", "line", "message"}]`; line and column are 0 for the file as a whole.
    package var json: JSONValue {
        .array(
            diagnostics.map {
                .object([
                    "file": .string($0.location.file), "line": .int($0.location.line),
                    "column": .int($0.location.column), "message": .string($0.message),
                ])
            })
    }
}

extension SourceLocation: Comparable {
    /// Places in files before those without a line, then by file, line and column.
    package static func < (lhs: SourceLocation, rhs: SourceLocation) -> Bool {
        (lhs.line == 0 ? 1 : 0, lhs.file, lhs.line, lhs.column) < (
            rhs.line == 0 ? 1 : 0, rhs.file, rhs.line, rhs.column
        )
    }
}
