/// A token and the byte of the text at which it ends; a token that stands for no text ends where it stands.
package struct Token: Sendable, Hashable {
    package let id: Int32
    package let end: Int

    package init(id: Int32, end: Int) {
        self.id = id
        self.end = end
    }
}

/// How text that looks like a control token, such as `<|im_start|>`, is read.
package enum ControlText: Sendable {
    /// As the control token: for text that a program wrote, such as a rendered chat template.
    case parsed
    /// As ordinary text: for what a user wrote.
    case plain
}

/// Turns text into token ids and back.
///
/// Text is UTF-8. Tokens needn't end between characters: a character that has no token of its own is several tokens, one
/// or more bytes each, so single tokens decode to bytes and only the whole is text.
package protocol Tokenizer: Sendable {
    /// Number of ids; they run from 0.
    var vocabularyCount: Int { get }

    /// Ids below this may be generated; the others are only read.
    var generatedCount: Int { get }

    /// SHA-256, in hexadecimal, of all that decides how this tokenizer encodes and decodes.
    var digest: String { get }

    /// The token that begins a text, and the one that ends it, if the vocabulary has them.
    var beginning: Int32? { get }
    var end: Int32? { get }

    /// Tokens that the model expects before and after every text. `encode` doesn't add them: a rendered chat template has
    /// its own.
    var leadingTokens: [Int32] { get }
    var trailingTokens: [Int32] { get }

    /// The tokens of a text in UTF-8, without `leadingTokens` and `trailingTokens`.
    ///
    /// Bytes that aren't UTF-8 are replaced by U+FFFD, one for each maximal invalid sequence, as Python's
    /// `decode(errors="replace")` and Swift's `String(decoding:)` do; ends then count the replaced text.
    ///
    /// - Throws: ``TokenizerError`` naming the byte at which no token fits.
    func encode(_ text: [UInt8], control: ControlText) throws -> [Token]

    /// Where tokens of a text end that no text behind it can change, in rising order; the last of them is enough. The text
    /// begins at such a place or is a whole one's beginning, and is read as plain.
    ///
    /// - Throws: ``TokenizerError`` for text that can't be encoded.
    func settledEnds(of text: ArraySlice<UInt8>) throws -> [Int]

    /// The id of a token by its text as the vocabulary writes it, control tokens included.
    func id(of token: String) -> Int32?

    /// Whether a token is a control token: it stands for no text of the user's.
    func isControl(_ id: Int32) -> Bool

    /// Appends what `id` stands for to `bytes`. Ids outside the vocabulary append nothing.
    ///
    /// - Parameter state: what decoding remembers from the ids before, empty at the start of a text: some tokenizers drop
    ///   the first space of a text.
    func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState)

    /// Appends what ids before stand for as far as it waited for ids to follow: none does, or a control token does.
    func finishDecoding(into bytes: inout [UInt8], state: inout DecodingState)
}

/// What decoding must remember between one token and the next.
package struct DecodingState: Sendable, Hashable {
    /// Number of tokens decoded so far.
    package var count = 0
    /// Number of characters dropped from the start of the text; nil once the text has begun.
    package var dropped: Int? = 0
    /// Tokens decoded so far whose text depends on those that follow.
    package var pending: [Int32] = []
    /// Text whose spaces depend on whether another token follows.
    package var held: [UInt8] = []

    package init() {}
}

extension Tokenizer {
    package var generatedCount: Int { vocabularyCount }

    /// None is known.
    package func settledEnds(of text: ArraySlice<UInt8>) throws -> [Int] { [] }

    package func finishDecoding(into bytes: inout [UInt8], state: inout DecodingState) {}

    package func encode(_ text: String, control: ControlText = .plain) throws -> [Token] {
        try encode(Array(text.utf8), control: control)
    }

    /// The bytes that `ids` stand for; UTF-8 unless the ids stop within a character or make none.
    ///
    /// - Parameter keepingControl: whether control tokens appear as the vocabulary writes them.
    package func decode(_ ids: some Sequence<Int32>, keepingControl: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var state = DecodingState()
        for id in ids {
            if keepingControl || !isControl(id) {
                decode(id, into: &bytes, state: &state)
            } else {
                finishDecoding(into: &bytes, state: &state)
            }
        }
        finishDecoding(into: &bytes, state: &state)
        return bytes
    }
}
