import Foundation

/// Markdown as comments on GitHub and GitLab show it, bounded in size.
///
/// Text from elsewhere is written as code, in which nothing is markup, no name a mention and no number a link.
struct MarkdownText {
    /// What a comment on GitHub may hold, in characters.
    static let limit = 65_536
    private static let ending = "\n\n… cut here: `calm report RUN --html FILE` has everything.\n"

    private(set) var text = ""
    private var isCut = false
    /// Lines that close what is open, should the text be cut; the innermost last.
    private var closings: [String] = []

    mutating func line(_ line: String = "") {
        guard !isCut else { return }
        let closing = closings.reduce(0) { $0 + $1.unicodeScalars.count + 1 }
        guard text.unicodeScalars.count + line.unicodeScalars.count + 1 + closing <= Self.limit - 200 else {
            isCut = true
            for closing in closings.reversed() { text += closing + "\n" }
            text += Self.ending
            return
        }
        text += line + "\n"
    }

    /// What `content` writes between an opening and a closing line.
    private mutating func between(_ opening: String, _ closing: String, content: (inout MarkdownText) -> Void) {
        line(opening)
        closings.append(closing)
        content(&self)
        closings.removeLast()
        line(closing)
        line()
    }

    /// A table, its first column to the left and the others as `isNumber` says.
    mutating func table(_ columns: [(title: String, isNumber: Bool)], _ rows: [[String]]) {
        // In cells alone: elsewhere the backslash would be seen.
        func joined(_ cells: [String]) -> String {
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
        }
        line(joined(columns.map(\.title)))
        line("|" + columns.map { $0.isNumber ? "---:|" : "---|" }.joined())
        for row in rows { line(joined(row)) }
        line()
    }

    /// What most readers don't need at once.
    mutating func details(_ summary: String, content: (inout MarkdownText) -> Void) {
        between("<details><summary>\(summary)</summary>\n", "</details>", content: content)
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
        between(fence, fence) { $0.line(XMLText(code).legal) }
    }

    /// Foreign text as code within a line.
    static func code(_ text: String, limit: Int = 120) -> String {
        let plain = XMLText(text.count > limit ? text.prefix(limit) + "…" : text).legal
            .split(whereSeparator: \.isNewline).joined(separator: " ").replacing("`", with: "'")
            .trimmingCharacters(in: .whitespaces)
        return plain.isEmpty ? "–" : "`\(plain)`"
    }
}
