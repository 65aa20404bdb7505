import Tasks
import Tokenization

extension SymbolTokenizer {
    /// The text of `ids`, without control tokens.
    func text(_ ids: some Sequence<Int32>) -> String { String(decoding: decode(ids), as: UTF8.self) }
}
