/// A prompt and the answer that a model should give, as people read them.
package struct Example: Sendable, Hashable {
    package let prompt: String
    package let answer: String
    /// What it counts among, besides all examples: names without spaces.
    package let groups: [String]

    package init(prompt: String, answer: String, groups: [String] = []) {
        self.prompt = prompt
        self.answer = answer
        self.groups = groups
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
