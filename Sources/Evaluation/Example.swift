/// A prompt and the answer that a model should give, as people read them.
package struct Example: Sendable, Hashable {
    package let prompt: String
    package let answer: String
    /// What it counts among, besides all examples: names without spaces.
    package let groups: [String]
    /// What the augmenting models of a composition read in place of the prompt; nil for the prompt.
    package let augmentingPrompt: String?
    /// The messages of a chat that are the prompt, as a JSON array; `prompt` is then what people read of them. nil if the prompt
    /// is a plain text.
    package let messages: String?

    package init(
        prompt: String, answer: String, groups: [String] = [], augmentingPrompt: String? = nil, messages: String? = nil
    ) {
        self.prompt = prompt
        self.answer = answer
        self.groups = groups
        self.augmentingPrompt = augmentingPrompt
        self.messages = messages
    }
}

extension Example {
    /// The name of a dataset's file of examples.
    package static let member = "examples.tsv"

    private static let columns = ["prompt", "answer", "groups"]

    package static func table(_ examples: [Example]) -> String {
        TextTable.text(
            columns: columns, rows: examples.lazy.map { [$0.prompt, $0.answer, $0.groups.joined(separator: " ")] })
    }

    /// - Throws: `DatasetError` naming the line that isn't an example.
    package static func examples(table text: String, file: String) throws -> [Example] {
        try TextTable(parsing: text, columns: columns, file: file).rows.map {
            Example(
                prompt: String($0[0]), answer: String($0[1]), groups: $0[2].split(separator: " ").map(String.init))
        }
    }
}
