import Foundation
import Tensors
import Tokenization

/// A model from outside that reads and writes text: a `.gguf` file or a folder with `config.json`, used where it lies.
package struct TextModel: Sendable {
    package let model: any CausalLanguageModel & Sendable
    package let text: TextInterface
    /// The longest text that the model was made for.
    package let contextLength: Int?
    /// Seconds that opening it took.
    package let loadSeconds: Double
    private let pretrained: PretrainedModel
    private let products: FrozenProducts

    /// - Parameter products: How products with its weights are computed.
    /// - Throws: `CheckpointError` or `TokenizerError` naming everything that is wrong with the model.
    package init(path: String, products: FrozenProducts = FrozenProducts()) throws {
        let start = ContinuousClock.now
        self.products = products
        pretrained = try PretrainedModel(path)
        model = pretrained.decoder
        text = try TextInterface(pretrained.checkpoint)
        contextLength = pretrained.contextLength
        loadSeconds = (ContinuousClock.now - start) / .seconds(1)
    }

    /// An empty state for `sequences` sequences of up to `capacity` tokens each.
    package func makeState<Model: CausalLanguageModel>(
        _ model: Model, sequences: Int, capacity: Int
    ) -> Model.State {
        let state = model.makeState(sequences: sequences, capacity: capacity, precision: .float32)
        state.tape.frozenProducts = products
        return state
    }

    /// To be called before what the model computed is shown.
    ///
    /// - Throws: `CheckpointError` if a file changed since it was opened.
    package func check() throws { try pretrained.check() }

    /// How many tokens it reads at most.
    package var longest: Int? { [contextLength, model.maximumLength].compactMap { $0 }.min() }

    /// How many tokens there is room for.
    ///
    /// - Throws: `TextRequestError`.
    package func checkLength(_ count: Int) throws {
        if let longest, count > longest {
            throw TextRequestError("the text has \(count) tokens, the model reads at most \(longest)")
        }
    }
}

extension Tokenizer {
    /// What a token stands for, for people; a control token by its name.
    package func text(of id: Int32) -> String { String(decoding: decode([id], keepingControl: true), as: UTF8.self) }
}
