/// A token and where it ends in the text, in bytes; a control token ends where it stands: it is zero bytes wide.
package struct Token: Sendable, Hashable {
    package let id: Int32
    package let end: Int

    package init(id: Int32, end: Int) {
        self.id = id
        self.end = end
    }
}

/// Turns text into token ids and back.
package protocol Tokenizer: Sendable {
    /// How many ids there are.
    var vocabularyCount: Int { get }
    /// Ids below this may be generated; the others, such as keys, are only read.
    var generatedCount: Int { get }
    var beginning: Int32 { get }
    var end: Int32 { get }

    /// The tokens of `text`, without control tokens.
    ///
    /// - Throws: `TokenizerError` naming the byte at which no token fits.
    func encode(_ text: String) throws -> [Token]
    func decode(_ ids: some Sequence<Int32>) -> String
}

/// Text that a tokenizer can't read, or a tokenizer that can't be read.
package struct TokenizerError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
