/// Decides whether a predicted answer is right. Both answers are text as people read it.
package protocol Judge: Sendable {
    /// The name by which a dataset asks for it.
    var name: String { get }

    func accepts(_ prediction: String, expected: String) -> Bool
}

/// Accepts an answer that is the expected one, character by character.
package struct SameText: Judge {
    package var name: String { "exact" }

    package init() {}

    package func accepts(_ prediction: String, expected: String) -> Bool { prediction == expected }
}

/// Accepts an answer that begins with the expected one.
package struct Beginning: Judge {
    package var name: String { "beginning" }

    package init() {}

    package func accepts(_ prediction: String, expected: String) -> Bool {
        !expected.isEmpty && prediction.utf8.starts(with: expected.utf8)
    }
}

/// Accepts an answer whose first line is the expected one's, but for spaces around them: for models that were never taught
/// where answers end.
package struct FirstLine: Judge {
    package var name: String { "first-line" }

    package init() {}

    package func accepts(_ prediction: String, expected: String) -> Bool {
        Self.firstLine(prediction) == Self.firstLine(expected)
    }

    private static func firstLine(_ text: String) -> Substring {
        var line = text.drop { $0 == " " }.prefix { !$0.isNewline }
        while line.last == " " { line.removeLast() }
        return line
    }
}
