import Artifacts
import Catalogue
import Checkpoints
import Foundation
import LanguageModels
import Pipelines
import Stages
import Tensors
import Tokenization

/// A model that a command was given: a `.gguf` file or a folder with `config.json`, used where it lies, or an imported model in
/// the store, of which a plain copy is made there.
enum ModelArgument {
    static let help = """
        A .gguf file, a folder with config.json, weights in safetensors and tokenizer.json, as Hugging Face has them, or \
        an imported model: a stage's output or an artifact.
        """

    /// - Throws: `CommandFailure` naming everything that is wrong with the model.
    static func open(
        _ argument: String, _ store: StoreOptions, _ arithmetic: ArithmeticOptions
    ) throws -> TextModel {
        let path = try path(argument, store)
        _ = try numericEnvironment()
        return try reportingModelErrors { try TextModel(path: path, products: arithmetic.products) }
    }

    /// Only what is about text: the weights may be missing.
    static func text(_ argument: String, _ store: StoreOptions) throws -> TextInterface {
        let path = try path(argument, store)
        return try reportingModelErrors { try TextInterface(PretrainedModel.Checkpoint(path)) }
    }

    /// The file or folder that an argument means.
    ///
    /// - Throws: `CommandFailure` if it means none, `StoreError`.
    private static func path(_ argument: String, _ options: StoreOptions) throws -> String {
        if isPath(argument) || FileManager.default.fileExists(atPath: argument) {
            try check(argument)
            return argument
        }
        let store: Store
        do {
            store = try options.open()
        } catch let error as StoreError where error.code == .notAStore || error.code == .missing {
            throw CommandFailure.notFound(
                "\(argument): no such file or folder, and no store that could have such a model")
        }
        let catalogue = try Catalogue(store: store)
        let digest = try Reference(argument, in: catalogue, withOutputs: true)
            .artifact(of: [.pretrainedModel], in: catalogue, store: store)
        return try path(of: digest, in: store)
    }

    /// A plain copy of an imported model in the store.
    static func path(of artifact: Digest, in store: Store) throws -> String {
        let collection = try? FileLock.shared(store.locks.appendingPathComponent("gc"), wait: true)
        defer { withExtendedLifetime(collection) {} }
        do {
            return try ImportedModel.path(Artifact(artifact, in: store), verifies: false)
        } catch let failure as StageFailure {
            throw CommandFailure.notFound(failure.message)
        }
    }

    /// Whether a command's argument means a file or folder, and nothing in the store.
    static func isPath(_ argument: String) -> Bool {
        argument.contains("/") || argument.hasSuffix(".gguf") || HuggingFaceFolder.isOne(argument)
    }

    private static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CommandFailure.notFound("\(path): no such file or folder")
        }
        if isFolder.boolValue, !HuggingFaceFolder.isOne(path) {
            throw CommandFailure.notFound("\(path): a folder without config.json, expected a model")
        }
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
