import Artifacts
import Foundation
import Pipelines
import Testing

/// A document with mistakes and every diagnostic it must give: `line:column: message`.
struct BrokenDocument: CustomTestStringConvertible, Sendable {
    let title: String
    let text: String
    let overrides: [String: String]
    let mistakes: [String]

    init(_ title: String, _ text: String, overrides: [String: String] = [:], _ mistakes: [String]) {
        self.title = title
        self.text = text
        self.overrides = overrides
        self.mistakes = mistakes
    }

    var testDescription: String { title }
}

struct DocumentMistakesTests {
    @Test(
        "every mistake is reported at its place, and nothing else",
        arguments: BrokenDocument.shape + BrokenDocument.yaml + BrokenDocument.parameters + BrokenDocument.substitution
            + BrokenDocument.inputs + BrokenDocument.matrix + BrokenDocument.gates + BrokenDocument.planning)
    func mistakes(document: BrokenDocument) {
        let found = Toy.mistakes(document.text, overrides: document.overrides)
        #expect(!found.isEmpty)
        #expect(found == document.mistakes)
    }
}
