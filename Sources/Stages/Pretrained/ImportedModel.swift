import Artifacts
import Checkpoints
import Foundation
import JSONReading
import LanguageModels
import Pipelines
import Tensors
import Tokenization

/// A model from outside as an artifact: the members are its files, byte for byte.
package enum ImportedModel {
    /// The path by which the model in an artifact can be opened, in a plain copy of its files that is made unless it is there.
    ///
    /// - Throws: `StageFailure` (bad input) if the files are no model, `StoreError`.
    package static func path(_ artifact: Artifact, verifies: Bool) throws -> String {
        let member = try modelMember(artifact)
        let folder = try artifact.store.materializedFolder(of: artifact.digest, verifies: verifies)
        return member.isEmpty ? folder.path : folder.path + "/" + member
    }

    /// - Throws: `StageFailure` (bad input) naming everything that is wrong with it.
    static func open(
        _ artifact: Artifact, verifies: Bool = true, products: FrozenProducts = FrozenProducts()
    ) throws -> TextModel {
        let path = try path(artifact, verifies: verifies)
        return try reportingBadInput("the model \(artifact.digest.short) of '\(artifact.stage)'", path) {
            try TextModel(path: path, products: products)
        }
    }

    /// The files of its tokenizer, without the rest: a GGUF file's is a GGUF file of its own.
    ///
    /// - Throws: `StageFailure` (bad input) if it has none.
    static func tokenizer(_ artifact: Artifact) throws -> TokenizerDocument {
        let path = try path(artifact, verifies: true)
        return try reportingBadInput("the model \(artifact.digest.short) of '\(artifact.stage)'", path) {
            let interface = try TextInterface(PretrainedModel.Checkpoint(path))
            guard artifact.manifest.members["config.json"] != nil else {
                return TokenizerDocument(try vocabulary(path))
            }
            func text(_ token: String) -> String? { token.isEmpty ? nil : token }
            return TokenizerDocument(
                try artifact.data(StoredTokenizer.member),
                configuration: StoredTokenizer.configuration(
                    beginning: text(interface.beginningText), end: text(interface.endText)))
        }
    }

    private static func vocabulary(_ path: String) throws -> Data {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).gguf")
        defer { try? FileManager.default.removeItem(at: file) }
        try GGUFFile(path).writeTokenizer(to: file.path)
        return try Data(contentsOf: file)
    }

    /// The GGUF file among the members; empty if together they are a Hugging Face folder.
    private static func modelMember(_ artifact: Artifact) throws -> String {
        let names = artifact.manifest.members.filter { $0.value.kind == .file || $0.value.kind == .executable }.keys
        if names.contains("config.json") { return "" }
        let files = names.filter { $0.hasSuffix(".gguf") }
        if let file = files.first, files.count == 1 { return file }
        // A GGUF file is known by its content, whatever it is called.
        if let file = names.first, names.count == 1 { return file }
        throw StageFailure(
            .badInput,
            "the \(artifact.manifest.type.rawValue) \(artifact.digest.short) of '\(artifact.stage)' has "
                + (files.isEmpty ? "neither config.json nor a .gguf file" : "\(files.count) .gguf files")
                + ", expected a Hugging Face folder or one GGUF file; it has: \(names.sorted().joined(separator: ", "))"
        )
    }
}

/// What is wrong with a model, a text or a prompt as a failure of the stage, in which the model's files are called by their names.
func reportingBadInput<Value>(_ place: String, _ path: String = "", _ body: () throws -> Value) throws -> Value {
    func failure(_ text: String) -> StageFailure {
        let folder = path.isEmpty ? "" : URL(fileURLWithPath: path).deletingLastPathComponent().path + "/"
        return StageFailure(
            .badInput, "\(place): " + (folder.isEmpty ? text : text.replacingOccurrences(of: folder, with: "")))
    }
    do {
        return try body()
    } catch let error as CheckpointError {
        throw failure("\(error)")
    } catch let error as TokenizerError {
        throw failure("\(error)")
    } catch let error as TextRequestError {
        throw failure("\(error)")
    }
}
