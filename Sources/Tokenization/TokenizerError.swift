/// Text that a tokenizer can't encode, or a tokenizer that can't be read.
package struct TokenizerError: Error, CustomStringConvertible, Sendable, Hashable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
