import Checkpoints
import Foundation
import LanguageModels
import Stages
import Tensors
import Tokenization

/// A model that a command was given: a `.gguf` file or a folder with `config.json`, used where it lies.
struct OpenedModel {
    static let help = """
        A .gguf file, or a folder with config.json, weights in safetensors and tokenizer.json, as Hugging Face has them.
        """

    let model: any CausalLanguageModel
    let text: TextInterface
    /// The longest text that the model was made for.
    let contextLength: Int?
    /// Seconds that opening it took.
    let loadSeconds: Double
    private let checkFiles: () throws -> Void

    /// - Throws: `CommandFailure` naming everything that is wrong with the model.
    init(path: String) throws {
        let start = ContinuousClock.now
        _ = try numericEnvironment()
        (model, text, contextLength, checkFiles) = try reportingModelErrors {
            try Self.check(path)
            let pretrained = try PretrainedModel(path)
            return (
                pretrained.decoder, try TextInterface(pretrained.checkpoint), pretrained.contextLength,
                { try pretrained.check() }
            )
        }
        loadSeconds = (ContinuousClock.now - start) / .seconds(1)
    }

    /// Only what is about text: the weights may be missing.
    static func text(path: String) throws -> TextInterface {
        try reportingModelErrors {
            try check(path)
            return try TextInterface(PretrainedModel.Checkpoint(path))
        }
    }

    /// To be called before what the model computed is shown.
    func check() throws { try reportingModelErrors(checkFiles) }

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

    /// How many tokens there is room for.
    func checkLength(_ count: Int) throws {
        let limit = [contextLength, model.maximumLength].compactMap { $0 }.min()
        if let limit, count > limit {
            throw CommandFailure.notFound("the text has \(count) tokens, the model reads at most \(limit)")
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
    }
}
