import Artifacts
import Foundation
import JSONReading
import Pipelines

/// A text that is read from its beginning to its end, and where it came from.
package struct TextDocument: Sendable {
    /// A file, or a file and a line, for people.
    package let source: String
    package let text: String

    package init(source: String, text: String) {
        self.source = source
        self.text = text
    }
}

// How a dataset of texts is stored: JSONL with the fields `source` and `text`.
extension TextDocument {
    package static let member = "documents.jsonl"

    /// The fact by which planning knows a dataset of texts from one of prompts and answers.
    static let fact = "texts"

    static func lines(_ documents: some Sequence<TextDocument>) -> Data {
        var data = Data()
        for document in documents {
            let (source, text) = (JSONNode.string(document.source).text, JSONNode.string(document.text).text)
            data += Data("{\"source\": \(source), \"text\": \(text)}\n".utf8)
        }
        return data
    }

    /// Whether a dataset is one of texts.
    static func isMember(of dataset: Artifact) -> Bool { dataset.manifest.members[member] != nil }

    /// The texts of a dataset, or those that files and folders give as ``DocumentReader`` reads them.
    ///
    /// - Throws: `StageFailure` (bad input) if there is none, or naming what can't be read; `StoreError`.
    static func documents(of artifact: Artifact) throws -> [TextDocument] {
        var reader = DocumentReader()
        try reader.read(artifact)
        guard !reader.documents.isEmpty else {
            throw StageFailure(
                .badInput,
                "the \(artifact.manifest.type.rawValue) \(artifact.digest.short) of '\(artifact.stage)' has no text")
        }
        return reader.documents
    }
}
