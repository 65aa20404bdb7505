import NeuralNetworks
import Tensors

/// Predicts each token from those before it. What training and generation need to know of a model.
package protocol CausalLanguageModel: Sendable {
    associatedtype State: DecodingState

    /// What is being trained. Everything else in the model is frozen.
    var parameters: Parameters { get set }

    /// The longest sequence that the model can read; nil if there is no limit.
    var maximumLength: Int? { get }

    /// Logits [R, V] at the batch's scored rows. Draws on `dropout` only if the model drops anything; nil outside training.
    func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable

    /// An empty state for decoding `sequences` sequences of up to `capacity` tokens each.
    func makeState(sequences: Int, capacity: Int, precision: Precision) -> State

    /// Reads `tokens[i]` (at least one) as the continuation of the i-th sequence in the batch. Returns logits [B, V] after
    /// the last token of each, or [sum of counts, V] after every one.
    func advance(_ tokens: [[Int32]], state: inout State, returning rows: LogitRows) -> Tensor
}

/// Which positions' logits a call returns.
package enum LogitRows: Sendable { case last, all }

/// The caches of a batch that is being decoded. Not shared between threads.
package protocol DecodingState {
    /// Keeps the sequences at these indices, in this order; the others are finished.
    mutating func keep(_ indices: [Int])
}
