/// How a predicted answer is compared with the expected one. Both are text as people read it.
package enum Judge: String, CaseIterable, Sendable {
    /// The last `=`-separated part is one integer, equal to the expected one: a scratchpad's steps are not judged.
    case finalNumber = "final-number"
    /// The value at which a calculation in columns arrives is the expected one; no other step is judged.
    case columns
    /// What stands before the first `=` is the expected answer: KV-SUBS, and the substitution with which a KV-MATH
    /// answer begins, since the two tasks share their prompts.
    case substitution
    /// The whole text.
    case exact

    package func accepts(_ prediction: String, expected: String) -> Bool {
        switch self {
        case .finalNumber:
            guard let found = Judge.finalNumber(of: prediction) else { return false }
            return found == Judge.finalNumber(of: expected)
        case .columns:
            guard let found = ColumnCalculation.value(of: prediction) else { return false }
            return found == ColumnCalculation.value(of: expected)
        case .substitution:
            return prediction.prefix { $0 != "=" } == expected
        case .exact:
            return prediction == expected
        }
    }

    private static func finalNumber(of text: String) -> Int? {
        Int(text.split(separator: "=", omittingEmptySubsequences: false).last ?? "")
    }
}

extension KeyValueTask {
    package func judge(_ scratchpad: Scratchpad) -> Judge {
        if self == .substitution { return .substitution }
        if case .columns = scratchpad { return .columns }
        return .finalNumber
    }
}
