import Evaluation
import LanguageModels
import Tokenization

/// A text's tokens with what stands in front of them, so that the first token of the text has something to be predicted from:
/// the tokens that the tokenizer puts there, or the one that ends texts, as between two of them.
struct TextSequence {
    private let front: [Int32]
    private let tokens: [Token]

    /// Text that looks like a control token is text.
    ///
    /// - Throws: `TokenizerError`.
    init(_ text: String, _ tokenizer: any Tokenizer) throws {
        let leading = tokenizer.leadingTokens
        front = leading.isEmpty ? [tokenizer.end].compactMap { $0 } : leading
        tokens = try tokenizer.encode(text)
    }

    var ids: [Int32] { front + tokens.map(\.id) }

    /// The first of ``ids`` that is of the text and has something in front of it.
    var firstScored: Int { max(front.count, 1) }

    /// Bytes of the text before the token `firstScored`.
    var unscoredBytes: Int { front.isEmpty ? tokens.first?.end ?? 0 : 0 }
}

extension TokenCorpus {
    /// Appends a text and the token that ends it, in sequences of at most `longest` tokens. Each begins with the last token of
    /// the one before, so that each token is scored once.
    ///
    /// - Returns: Whether there was a token to score.
    /// - Throws: `TokenizerError` for a text that the tokenizer can't read, `DatasetError` for one that no model can write.
    @discardableResult
    mutating func append(_ text: String, _ tokenizer: any Tokenizer, longest: Int) throws -> Bool {
        precondition(longest > 1, "sequences of \(longest) tokens have none to score")
        let sequence = try TextSequence(text, tokenizer)
        let firstScored = sequence.firstScored
        var (ids, ends) = (sequence.ids, sequence.ends)
        if let end = tokenizer.end {
            ids.append(end)
            ends.append(text.utf8.count)
        }
        if let id = ids.dropFirst(firstScored).first(where: { $0 >= tokenizer.generatedCount }) {
            throw DatasetError(
                "the token '\(tokenizer.text(of: id))' can't be learned: models read it and never write it")
        }
        guard firstScored < ids.count else { return false }
        var start = 0
        repeat {
            let range = start..<min(start + longest, ids.count)
            let origin = start > 0 ? ends[start - 1] : 0
            append(
                Array(ids[range]), scored: range.map { $0 > start && $0 >= firstScored },
                byteOffsets: ends[range].map { Int32($0 - origin) })
            start = range.upperBound - 1
        } while start < ids.count - 1
        return true
    }
}

extension TextSequence {
    /// The bytes of the text that are read with each of ``ids``.
    fileprivate var ends: [Int] { front.map { _ in 0 } + tokens.map(\.end) }
}
