/// Stands for the tokenizer of a model that has none: it reads token ids, and what they mean isn't known.
package struct NoTokenizer: Tokenizer {
    package let vocabularyCount: Int
    package var digest: String { "" }
    package let beginning: Int32?
    package let end: Int32?
    package var leadingTokens: [Int32] { [] }
    package var trailingTokens: [Int32] { [] }

    package init(vocabularyCount: Int = 0, beginning: Int32? = nil, end: Int32? = nil) {
        self.vocabularyCount = vocabularyCount
        self.beginning = beginning
        self.end = end
    }

    package static let error = TokenizerError("the model has no tokenizer: it takes token ids, and no text")

    package func encode(_ text: [UInt8], control: ControlText) throws -> [Token] { throw Self.error }
    package func id(of token: String) -> Int32? { nil }
    package func isControl(_ id: Int32) -> Bool { false }
    package func decode(_ id: Int32, into bytes: inout [UInt8], state: inout DecodingState) {}
}
