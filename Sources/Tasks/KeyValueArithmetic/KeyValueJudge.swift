import Evaluation

/// How the answers of key-value arithmetic are judged.
package enum KeyValueJudge: String, CaseIterable, Judge {
    /// The last `=`-separated part is one integer, equal to the expected one: a scratchpad's steps are not judged.
    case finalNumber = "final-number"
    /// The value at which a calculation in columns arrives is the expected one; no other step is judged.
    case columns
    /// What stands before the first `=` is the expected answer: KV-SUBS, and the substitution with which a KV-MATH
    /// answer begins, since the two tasks share their prompts.
    case substitution

    package var name: String { rawValue }

    package func accepts(_ prediction: String, expected: String) -> Bool {
        switch self {
        case .finalNumber:
            guard let found = Self.finalNumber(of: prediction) else { return false }
            return found == Self.finalNumber(of: expected)
        case .columns:
            guard let found = ColumnCalculation.value(of: prediction) else { return false }
            return found == ColumnCalculation.value(of: expected)
        case .substitution:
            return prediction.prefix { $0 != "=" } == expected
        }
    }

    private static func finalNumber(of text: String) -> Int? {
        Int(text.split(separator: "=", omittingEmptySubsequences: false).last ?? "")
    }
}

extension KeyValueTask {
    package func judge(_ scratchpad: Scratchpad) -> KeyValueJudge {
        if self == .substitution { return .substitution }
        if case .columns = scratchpad { return .columns }
        return .finalNumber
    }
}
