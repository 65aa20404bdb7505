/// Prompts of augmenting models' own, such as the same question in each model's chat template, by the anchor's prompts that they
/// stand for.
package struct AugmentingPrompts: Sendable {
    private var own: [[Int32]: [[Int32]?]] = [:]

    package init() {}

    /// - Parameters:
    ///   - own: What each augmenting model reads, in its own tokens; nil for the anchor's text.
    ///   - prompt: In the anchor's tokens.
    /// - Returns: False if other prompts stand for this one already.
    package mutating func add(_ own: [[Int32]?], for prompt: [Int32]) -> Bool {
        if let old = self.own[prompt] { return old == own }
        self.own[prompt] = own
        return true
    }

    package subscript(prompt: [Int32], source: Int) -> [Int32]? {
        guard let own = own[prompt], own.indices.contains(source) else { return nil }
        return own[source]
    }
}
