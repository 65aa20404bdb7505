import Artifacts
import Foundation
import JSONReading
import Pipelines
import Tokenization

/// The tokenizer of an artifact: a tokenizer's own, or the copy in a corpus or a model made with it.
package struct StoredTokenizer: Sendable {
    /// The name of its file.
    package static let member = "tokenizer.json"
    /// The name of the file that tells which tokens begin and end a text.
    static let configurationMember = "tokenizer_config.json"

    package let tokenizer: any Tokenizer
    package let file: Data

    /// - Throws: `TokenizerError` if the file can't be read as a tokenizer.
    package init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        file = try artifact.data(StoredTokenizer.member)
        tokenizer = try tasks.tokenizer(file)
    }

    /// A `tokenizer_config.json`, which names the tokens that begin and end a text.
    static func configuration(beginning: String?, end: String?) -> Data {
        var members = JSONMembers()
        if let beginning { _ = members.append("bos_token", .string(beginning)) }
        _ = members.append("clean_up_tokenization_spaces", .bool(false))
        if let end { _ = members.append("eos_token", .string(end)) }
        _ = members.append("tokenizer_class", .string("PreTrainedTokenizerFast"))
        return Data((JSONNode.object(members).text + "\n").utf8)
    }
}
