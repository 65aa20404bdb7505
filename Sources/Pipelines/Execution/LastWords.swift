import Foundation

/// The end of a log, as far as it says why a program failed.
///
/// Of a traceback or stack trace that is the place of the error and the error itself, whole; else the last lines.
package struct LastWords {
    package let text: String
    /// Whether the log has more.
    package let isPart: Bool

    private static let lineCount = 3
    /// How many lines may follow an error that is still the last that happened, such as those of a build tool.
    private static let maximumTail = 5
    private static let lineLimit = 1_000

    /// Nil if nothing but white space was said.
    ///
    /// - Parameter isPart: Whether `log` is the end of a longer text.
    package init?(of log: String, isPart: Bool = false) {
        let all = log.split(whereSeparator: \.isNewline).map(Self.cut).filter { !$0.allSatisfy(\.isWhitespace) }
        // What the runtime's backtracer, or calm itself, says.
        let lines = all.filter { line in
            !["swift-runtime:", "*** Signal ", "calm: "].contains { line.hasPrefix($0) }
        }
        guard !lines.isEmpty else { return nil }
        let shown =
            Self.swiftError(lines) ?? Self.pythonError(lines) ?? Self.stackTrace(lines) ?? lines.suffix(Self.lineCount)
        text = shown.joined(separator: "\n")
        self.isPart = isPart || shown.count < lines.count
    }

    /// The fatal error that the Swift runtime reported.
    private static func swiftError(_ lines: [String]) -> ArraySlice<String>? {
        for sign in ["Fatal error", "Program crashed: "] {
            guard let line = lines.last(where: { $0.contains(sign) }), let start = line.range(of: sign) else {
                continue
            }
            return [line[start.lowerBound...].trimmingCharacters(in: CharacterSet(charactersIn: "* "))]
        }
        return nil
    }

    /// From the last frame of a traceback (`  File "x.py", line 3, in f`), with its code, to what was raised.
    private static func pythonError(_ lines: [String]) -> ArraySlice<String>? {
        guard let frame = lines.lastIndex(where: { $0.hasPrefix("  File \"") && $0.contains("\", line ") }),
            let error = lines[frame...].firstIndex(where: { !$0.hasPrefix(" ") }),
            lines.count - error <= maximumTail * 2
        else { return nil }
        return lines[frame...]
    }

    /// What was thrown, and the place, of a stack trace in the manner of Java and JavaScript (`    at f (x.js:3:4)`).
    private static func stackTrace(_ lines: [String]) -> ArraySlice<String>? {
        func isFrame(_ line: String) -> Bool {
            line.first?.isWhitespace == true && line.drop { $0.isWhitespace }.hasPrefix("at ")
        }
        guard let last = lines.lastIndex(where: isFrame), lines.count - last <= maximumTail,
            let error = lines[..<last].lastIndex(where: { !isFrame($0) && !$0.hasPrefix("\t...") })
        else { return nil }
        return lines[error...].prefix(3)
    }

    private static func cut(_ line: Substring) -> String {
        line.utf8.count <= lineLimit ? String(line) : "\(line.prefix(lineLimit - 1))…"
    }
}
