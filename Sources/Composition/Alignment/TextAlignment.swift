import LanguageModels
import Tokenization

/// What a token of the anchor sees of the augmenting model's states where a word may still go on.
package enum OpenChunk: String, Sendable, Codable, CaseIterable {
    /// Those of the text's tokens as if it ended there.
    case provisional
    /// None before the chunk is closed: before its tokens are those of every text that begins so.
    case hidden
}

/// How an augmenting model reads along with an anchor that has another tokenizer: both read the same bytes.
///
/// An anchor token sees the states of the augmenting model over the text up to the end of that token, in the augmenting
/// model's own tokens. Nothing depends on later bytes, and both models' tokens are those of the whole text.
package struct TextAlignment: Sendable {
    package let anchor: any Tokenizer
    package let augmenting: any Tokenizer
    package let openChunk: OpenChunk
    package let acts: Acting
    /// Whether the augmenting model reads what follows a prompt: not if it is an encoder.
    package let readsAnswers: Bool
    /// How many tokens the augmenting model reads at most; nil: any number. Of a longer text it sees the beginning.
    package let longest: Int?

    package init(
        anchor: any Tokenizer, augmenting: any Tokenizer, openChunk: OpenChunk, acts: Acting = .everywhere,
        readsAnswers: Bool = true, longest: Int? = nil
    ) {
        self.anchor = anchor
        self.augmenting = augmenting
        self.openChunk = openChunk
        self.acts = acts
        self.readsAnswers = readsAnswers
        self.longest = longest
    }
}
