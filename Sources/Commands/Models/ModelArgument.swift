import Artifacts
import Catalogue
import Checkpoints
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tasks
import Tensors
import Tokenization

/// A model that a command was given: a `.gguf` file or a folder with `config.json`, used where it lies, or one in the store:
/// an imported model, of which a plain copy is made there, or one that was trained here.
enum ModelArgument {
    static let help = """
        A .gguf file, a folder with config.json, weights in safetensors and tokenizer.json, as Hugging Face has them, or \
        a model in the store, imported or trained: a stage's output or an artifact.
        """

    private enum Place {
        case path(String)
        case trained(Artifact)
    }

    /// - Throws: `CommandFailure` naming everything that is wrong with the model.
    static func open(
        _ argument: String, _ store: StoreOptions, _ arithmetic: ArithmeticOptions
    ) throws -> TextModel {
        let place = try place(argument, store)
        _ = try numericEnvironment()
        switch place {
        case .path(let path):
            return try reportingModelErrors { try TextModel(path: path, products: arithmetic.products) }
        case .trained(let artifact):
            return try TextModel(
                stored: artifact, tasks: .builtIn, products: arithmetic.products, verifies: false)
        }
    }

    /// Only what is about text: a path's weights may be missing.
    static func text(_ argument: String, _ store: StoreOptions) throws -> TextInterface {
        switch try place(argument, store) {
        case .path(let path):
            return try reportingModelErrors {
                let text = try TextInterface(PretrainedModel.Checkpoint(path))
                if text.tokenizer is NoTokenizer { throw CheckpointError(path, "\(NoTokenizer.error)") }
                return text
            }
        case .trained(let artifact): return try TextInterface(trained: artifact, tasks: .builtIn)
        }
    }

    /// Where a model from outside lies that an argument means; nil for one that was trained here.
    static func pretrainedPath(_ argument: String, _ store: StoreOptions) throws -> String? {
        if case .path(let path) = try place(argument, store) { path } else { nil }
    }

    /// What an argument means: a path if it looks like one, else what has this name in the store, else a file or folder.
    ///
    /// - Throws: `CommandFailure` if it means nothing, `StoreError`.
    private static func place(_ argument: String, _ options: StoreOptions) throws -> Place {
        if isPath(argument) { return .path(try checked(argument)) }
        let exists = FileManager.default.fileExists(atPath: argument)
        let store: Store
        do {
            store = try options.open()
        } catch let error as StoreError where error.code == .notAStore || error.code == .missing {
            if exists { return .path(try checked(argument)) }
            throw CommandFailure.notFound(
                "\(argument): no such file or folder, and no store that could have such a model")
        }
        let catalogue = try Catalogue(store: store)
        let digest: Digest
        do {
            digest = try Reference(argument, in: catalogue, withOutputs: true)
                .artifact(of: [.model, .composition, .pretrainedModel], in: catalogue, store: store)
        } catch let failure as CommandFailure {
            if exists { return .path(try checked(argument)) }
            throw failure
        }
        let artifact = try Artifact(digest, in: store)
        return artifact.manifest.type == .pretrainedModel ? .path(try path(of: artifact)) : .trained(artifact)
    }

    /// A plain copy of an imported model in the store.
    private static func path(of artifact: Artifact) throws -> String {
        let collection = try? FileLock.shared(artifact.store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(collection) {} }
        do {
            return try ImportedModel.path(artifact, verifies: false)
        } catch let failure as StageFailure {
            throw CommandFailure.notFound(failure.message)
        }
    }

    /// Whether a command's argument means a file or folder, and nothing in the store.
    private static func isPath(_ argument: String) -> Bool {
        argument.contains("/") || argument.hasSuffix(".gguf") || HuggingFaceFolder.isOne(argument)
    }

    /// A path that may be a model's.
    ///
    /// - Throws: `CommandFailure` if nothing is there, or a folder that is not a model.
    static func checked(_ path: String) throws -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure.notFound("\(path): no such file or folder, expected a model")
        }
        if isFolder.boolValue, !HuggingFaceFolder.isOne(path) {
            throw CommandFailure.notFound("\(path): a folder without config.json, expected a model")
        }
        return path
    }
}

/// Errors of models, tokenizers and templates as the command's.
func reportingModelErrors<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as CheckpointError {
        throw CommandFailure.notFound("\(error)")
    } catch let error as TokenizerError {
        throw CommandFailure.notFound("\(error)")
    } catch let error as TextRequestError {
        throw CommandFailure.notFound(error.description)
    }
}
