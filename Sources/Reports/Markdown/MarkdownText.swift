import Foundation

/// Markdown as comments on GitHub and GitLab show it, bounded in size.
///
/// Text from elsewhere is written as code, in which nothing is markup, no name a mention and no number a link.
struct MarkdownText {
    /// What a comment on GitHub may hold, in characters.
    static let limit = 65_536
    private static let ending = "\n\n… cut here: `calm report RUN --html FILE` has everything.\n"

    private(set) var text = ""
    /// What is open and must be closed, should the text be cut.
    private var isCut = false

    mutating func line(_ line: String = "") {
        guard !isCut else { return }
        guard text.unicodeScalars.count + line.unicodeScalars.count + 1 <= Self.limit - 200 else {
            isCut = true
            text += Self.ending
            return
        }
        text += line + "\n"
    }

    /// A table, its first column to the left and the others as `isNumber` says.
    mutating func table(_ columns: [(title: String, isNumber: Bool)], _ rows: [[String]]) {
        line("| " + columns.map(\.title).joined(separator: " | ") + " |")
        line("|" + columns.map { $0.isNumber ? "---:|" : "---|" }.joined())
        for row in rows { line("| " + row.joined(separator: " | ") + " |") }
        line()
    }

    /// What most readers don't need at once.
    mutating func details(_ summary: String, content: (inout MarkdownText) -> Void) {
        line("<details><summary>\(summary)</summary>")
        line()
        content(&self)
        line("</details>")
        line()
    }

    /// A block of code; its fence is longer than any within.
    mutating func block(_ code: String) {
        var longest = 0
        var run = 0
        for character in code {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        line(fence)
        line(XMLText(code).legal)
        line(fence)
        line()
    }

    /// Foreign text as code within a line, also within a table's cell.
    static func code(_ text: String, limit: Int = 120) -> String {
        let plain = XMLText(text.count > limit ? text.prefix(limit) + "…" : text).legal
            .split(whereSeparator: \.isNewline).joined(separator: " ").replacing("`", with: "'").replacing(
                "|", with: "\\|"
            )
            .trimmingCharacters(in: .whitespaces)
        return plain.isEmpty ? "–" : "`\(plain)`"
    }
}
