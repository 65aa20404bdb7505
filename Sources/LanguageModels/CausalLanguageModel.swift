import NeuralNetworks
import Tensors

/// Predicts each token from those before it. What training and generation need to know of a model.
package protocol CausalLanguageModel: Sendable {
    associatedtype State: DecodingState

    /// What is being trained. Everything else in the model is frozen.
    var parameters: Parameters { get set }

    /// The longest sequence that the model can read; nil if there is no limit.
    var maximumLength: Int? { get }

    /// Floating-point operations of the matrix products that training takes for a token, predicted from shapes: of a matrix
    /// of P elements, 2 P forward, 2 P for the gradient of its input and 2 P for its own. Attention between positions and
    /// lookups of embeddings are left out; the head counts as if every token were scored.
    var trainingOperations: Int { get }

    /// Logits [R, V] at the batch's scored rows. Draws on `dropout` only if the model drops anything; nil outside training.
    func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable

    /// An empty state for decoding `sequences` sequences of up to `capacity` tokens each.
    func makeState(sequences: Int, capacity: Int, precision: Precision) -> State

    /// Reads `tokens[i]` (at least one) as the continuation of the i-th sequence in the batch, on the state's tape. Returns
    /// logits [B, V] after the last token of each, or [sum of counts, V] after every one.
    func read(_ tokens: [[Int32]], state: inout State, returning rows: LogitRows) -> Variable
}

extension CausalLanguageModel {
    /// Reads `tokens[i]` as the continuation of the i-th sequence: logits after the last token of each, or after every one.
    package func advance(_ tokens: [[Int32]], state: inout State, returning rows: LogitRows) -> Tensor {
        let tape = state.tape
        tape.begin()
        defer { tape.end() }
        return tape.tensor(read(tokens, state: &state, returning: rows))
    }

    /// Reads `tokens[i]` as the continuation of the i-th sequence: the likeliest next token of each.
    package func likeliest(after tokens: [[Int32]], state: inout State) -> [Int32] {
        let tape = state.tape
        tape.begin()
        defer { tape.end() }
        return tape.argmax(read(tokens, state: &state, returning: .last))
    }
}

/// Which positions' logits a call returns.
package enum LogitRows: Sendable { case last, all }

/// The caches of a batch that is being decoded. Not shared between threads.
package protocol DecodingState {
    /// The memory that steps reuse.
    var tape: Tape { get }

    /// Which rows of the caches belong to whom.
    var slots: CacheSlots { get set }
}
