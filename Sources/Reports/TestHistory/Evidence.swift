import Catalogue

extension FlakyTest {
    /// What shows it, in a line.
    package var summary: String {
        switch rule {
        case .differentResults:
            let some = results.map { result in
                let words = [result.passed > 0 ? "passed" : nil, result.failed > 0 ? "failed" : nil].compactMap(\.self)
                let told = result.isFlaky ? "failed first, then passed" : words.joined(separator: " and ")
                return "\(told) in \(result.run)"
            }
            return (commit.map { "on commit \($0.prefix(12)): " } ?? "") + some.joined(separator: ", ")
        case .switches:
            let letters = results.map { $0.failed > 0 ? "F" : "P" }.joined()
            return
                "\(switches ?? 0) switches in its last \(counted(results.count, "run")), the oldest first: \(letters)"
        }
    }
}

extension SlownessRules {
    /// What was found beside what was expected, in a line.
    package func words(_ duration: TestDuration) -> String {
        guard let earlier = duration.earlier, let limit = limit(duration) else {
            return formatted(seconds: duration.seconds)
        }
        return """
            \(formatted(seconds: duration.seconds)), at most \(formatted(seconds: limit)) by the last \(earlier.count): median \
            \(formatted(seconds: earlier.median)), deviation \(formatted(seconds: earlier.deviation))
            """
    }
}

extension String {
    /// The first line that says something, at most 200 characters of it; `…` stands for what else there is.
    package var firstLine: String {
        let lines = split(whereSeparator: \.isNewline).filter { $0.contains { !$0.isWhitespace } }
        guard let first = lines.first else { return "" }
        let isWhole = lines.count == 1 && first.count <= 200
        return String(first.prefix(200)) + (isWhole ? "" : " …")
    }

    /// All of it in one line.
    package var inOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}
