/// A checkpoint that can't be used: every problem that was found, at once.
package struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file or folder.
    package let path: String
    /// Each says where, what was found and what was expected. Never empty.
    package let problems: [String]

    package init(_ path: String, _ problem: String) {
        self.init(path, [problem])
    }

    package init(_ path: String, _ problems: [String]) {
        self.path = path
        self.problems = problems.isEmpty ? ["unknown problem"] : problems
    }

    package var description: String {
        if problems.count == 1 { return "\(path): \(problems[0])" }
        var lines = problems.prefix(Self.shownProblems).map { "\n  \($0)" }
        if problems.count > lines.count { lines.append("\n  and \(problems.count - lines.count) more") }
        return "\(path): \(problems.count) problems:" + lines.joined()
    }

    private static let shownProblems = 1000
}
