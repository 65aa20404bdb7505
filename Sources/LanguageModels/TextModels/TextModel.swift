import Foundation
import Tensors
import Tokenization

/// A model that reads and writes text: one from outside, a `.gguf` file or a folder with `config.json` used where it lies, or
/// one in memory, which was trained here.
package struct TextModel: Sendable {
    package let model: any CausalLanguageModel
    package let text: TextInterface
    /// The longest text that the model was made for.
    package let contextLength: Int?
    /// Seconds that opening it took.
    package let loadSeconds: Double
    /// The model as it came from outside, or was trained further since; nil for one that was made here.
    package let pretrained: PretrainedModel?
    private let products: FrozenProducts
    /// Models from outside that this one reads as it runs.
    private var parts: [TextModel] = []
    private var joinsPretrained = false

    /// - Parameter products: How products with its weights are computed.
    /// - Throws: `CheckpointError` or `TokenizerError` naming everything that is wrong with the model.
    package init(path: String, products: FrozenProducts = FrozenProducts()) throws {
        try self.init(products: products) { try PretrainedModel(path) }
    }

    /// A model from outside, perhaps trained further, which `load` opens.
    ///
    /// - Throws: Likewise, and what `load` throws.
    package init(products: FrozenProducts = FrozenProducts(), pretrained load: () throws -> PretrainedModel) throws {
        let start = ContinuousClock.now
        self.products = products
        let pretrained = try load()
        self.pretrained = pretrained
        model = pretrained.decoder
        var text = try TextInterface(pretrained.checkpoint)
        text.idCount = pretrained.decoder.configuration.vocabulary
        text.generatedCount = pretrained.decoder.configuration.outputVocabulary
        self.text = text
        contextLength = pretrained.contextLength
        loadSeconds = (ContinuousClock.now - start) / .seconds(1)
    }

    /// A model in memory, which `load` makes, with what of it is about text, and the longest text that it is for.
    package init(
        products: FrozenProducts = FrozenProducts(),
        load: () throws -> (model: any CausalLanguageModel, text: TextInterface, contextLength: Int?)
    ) rethrows {
        let start = ContinuousClock.now
        self.products = products
        (model, text, contextLength) = try load()
        pretrained = nil
        loadSeconds = (ContinuousClock.now - start) / .seconds(1)
    }

    /// Takes up that the model joins others.
    ///
    /// - Parameters:
    ///   - parts: Those that are from outside and read as it runs: their files are checked, too.
    ///   - isPretrained: Whether the one that answers is from outside.
    package mutating func join(_ parts: [TextModel], isPretrained: Bool) {
        self.parts = parts
        joinsPretrained = isPretrained
    }

    /// Whether the model, or the one of those that it joins which answers, is one from outside, perhaps trained further.
    package var isPretrained: Bool { pretrained != nil || joinsPretrained }

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
    package func check() throws {
        try pretrained?.check()
        for part in parts { try part.check() }
    }

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

    /// - Throws: `TextRequestError` if a token isn't one of the model's: a tokenizer may have more tokens than its model.
    package func checkIDs(_ ids: some Sequence<Int32>) throws {
        if let id = ids.first(where: { $0 < 0 || $0 >= text.idCount }) {
            throw TextRequestError(
                "the token '\(text.tokenizer.text(of: id))' has the id \(id), and the model has \(text.idCount) ids from 0"
            )
        }
    }

    /// - Throws: `TextRequestError` if a token that is to be scored is one that the model reads and never writes.
    package func checkScored(_ ids: some Sequence<Int32>) throws {
        if let id = ids.first(where: { $0 >= text.generatedCount }) {
            throw TextRequestError(
                "the token '\(text.tokenizer.text(of: id))' has no likelihood: the model reads it and never writes it")
        }
    }
}

extension Tokenizer {
    /// What a token stands for, for people; a control token by its name.
    package func text(of id: Int32) -> String { String(decoding: decode([id], keepingControl: true), as: UTF8.self) }
}
