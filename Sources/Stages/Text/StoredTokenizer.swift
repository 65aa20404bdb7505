import Artifacts
import Foundation
import JSONReading
import Pipelines
import Tokenization

/// The tokenizer of an artifact: a tokenizer's or an imported model's own, or the copy in a corpus or a model made with it.
package struct StoredTokenizer: Sendable {
    /// The names of its files: a GGUF file has all in one, `tokenizer_config.json` tells which tokens begin and end a text.
    package static let member = "tokenizer.json"
    static let vocabularyMember = "tokenizer.gguf"
    static let configurationMember = "tokenizer_config.json"

    package let tokenizer: any Tokenizer
    /// Its files, for what is made with it.
    let members: [(name: String, bytes: Data)]

    /// - Throws: `StageFailure` (bad input) if it has no tokenizer, or one that can't be read; `StoreError`.
    package init(_ artifact: Artifact, tasks: TaskRegistry) throws {
        let place = "the tokenizer of the \(artifact.manifest.type.rawValue) \(artifact.digest.short)"
        let document =
            artifact.manifest.type == .pretrainedModel
            ? try ImportedModel.tokenizer(artifact) : try TokenizerDocument(artifact)
        tokenizer = try reportingBadInput(place) { try tasks.tokenizer(document) }
        members = document.members
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

/// The files of a tokenizer.
package struct TokenizerDocument: Sendable {
    package let file: Data
    /// `tokenizer_config.json`, if it has one.
    package let configuration: Data?

    package init(_ file: Data, configuration: Data? = nil) {
        self.file = file
        self.configuration = configuration
    }

    init(_ artifact: Artifact) throws {
        let names = artifact.manifest.members
        let name =
            names[StoredTokenizer.vocabularyMember] == nil ? StoredTokenizer.member : StoredTokenizer.vocabularyMember
        let configuration = StoredTokenizer.configurationMember
        self.init(
            try artifact.data(name),
            configuration: names[configuration] == nil ? nil : try artifact.data(configuration))
    }

    var isGGUF: Bool { file.starts(with: Array("GGUF".utf8)) }

    var members: [(name: String, bytes: Data)] {
        [(isGGUF ? StoredTokenizer.vocabularyMember : StoredTokenizer.member, file)]
            + (configuration.map { [(StoredTokenizer.configurationMember, $0)] } ?? [])
    }
}
