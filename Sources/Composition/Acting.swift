/// From where in a text the connections act.
package enum Acting: String, Sendable, Codable, CaseIterable {
    /// At every position.
    case everywhere
    /// From the last token of the prompt on. Before, and in a text without a prompt, the composed model is the anchor; each
    /// augmenting model reads the prompt as a whole, in words of its own where it has such.
    case afterPrompt = "after-prompt"
}
