/// How much of an answer counts.
package enum AnswerLines: String, CaseIterable, Sendable {
    /// Its first line; decoding ends there.
    case first
    case all

    /// The part that counts, without the white space around it.
    package func counted(of answer: String) -> String {
        var text = Substring(answer)
        if self == .first { text = text.prefix { !$0.isNewline } }
        text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
