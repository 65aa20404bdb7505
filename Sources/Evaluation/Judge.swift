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
