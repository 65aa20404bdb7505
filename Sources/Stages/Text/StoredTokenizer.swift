import Artifacts
import Foundation
import Pipelines
import Tokenization

/// The tokenizer of an artifact: a tokenizer's own, or the copy in a corpus or a model made with it.
package struct StoredTokenizer: Sendable {
    /// The name of its file.
    package static let member = "tokenizer.json"

    package let tokenizer: any Tokenizer
    package let file: Data

    /// - Throws: `TokenizerError` if the file can't be read as a tokenizer.
    package init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        file = try artifact.data(StoredTokenizer.member)
        tokenizer = try tasks.tokenizer(file)
    }
}
