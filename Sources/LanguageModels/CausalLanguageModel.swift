import NeuralNetworks
import Tensors

/// Predicts each token from those before it. What training and generation need to know of a model.
package protocol CausalLanguageModel: Sendable {
    associatedtype State: GenerationState

    /// What is being trained. Everything else in the model is frozen.
    var parameters: Parameters { get set }

    /// The longest sequence that the model can read; nil if there is no limit.
    var maximumLength: Int? { get }

    /// Floats of the widest activation of a token: what decides how many tokens fit in memory at once.
    var widestRow: Int { get }

    /// Whether a prompt may be read in several pieces. Not where what a token sees depends on where its prompt ends.
    var readsPromptsInPieces: Bool { get }

    /// Floating-point operations of the matrix products that training takes for a token, predicted from shapes: of a matrix
    /// of P elements, 2 P forward, 2 P for the gradient of its input and 2 P for its own. Attention between positions and
    /// lookups of embeddings are left out; the head counts as if every token were scored.
    var trainingOperations: Int { get }

    /// Logits [R, V] at the batch's scored rows. Draws on `dropout` only if the model drops anything; nil outside training.
    func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable

    /// An empty state for decoding `sequences` sequences of up to `capacity` tokens each.
    func makeState(sequences: Int, capacity: Int, precision: Precision) -> State

    /// Reads `tokens[i]` (at least one) as the continuation of the i-th sequence in the batch, on the state's tape. Returns
    /// hidden states as the output head reads them: [B, d] after the last token of each, or [sum of counts, d] after every
    /// one. `visit` sees the residual stream behind so many blocks, from 0, and the next block may
    /// overwrite what it saw; that of the last block has the returned rows alone.
    /// It may throw to end the pass, which leaves a state of no further use.
    func readStates(
        _ tokens: [[Int32]], state: inout State, returning rows: LogitRows,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable

    /// The model with prompts of their own for the augmenting models that it joins; itself, if it joins none.
    func reading(_ prompts: AugmentingPrompts) -> Self

    /// Logits [R, V] of hidden states [R, d] that ``readStates(_:state:returning:visit:)`` gave.
    func logits(ofStates states: Variable, on tape: Tape) -> Variable
}

extension CausalLanguageModel {
    package var readsPromptsInPieces: Bool { true }

    package func reading(_ prompts: AugmentingPrompts) -> Self { self }

    /// Reads `tokens[i]` as the continuation of the i-th sequence: logits [B, V] after the last token of each, or
    /// [sum of counts, V] after every one.
    package func read(_ tokens: [[Int32]], state: inout State, returning rows: LogitRows) -> Variable {
        let states = readStates(tokens, state: &state, returning: rows) { _, _ in }
        return logits(ofStates: states, on: state.tape)
    }
}

extension CausalLanguageModel {
    /// Reads `tokens[i]` as the continuation of the i-th sequence: logits after the last token of each, or after every one.
    package func advance(_ tokens: [[Int32]], state: inout State, returning rows: LogitRows) -> Tensor {
        let tape = state.tape
        tape.begin()
        defer { tape.end() }
        return tape.tensor(read(tokens, state: &state, returning: rows))
    }

    /// Reads `tokens[i]` as the continuation of the i-th sequence, much at once in several pieces, and hands out the logits
    /// [V] after the last token of each.
    ///
    /// - Parameter isEnding: Asked behind each block, for reading a long prompt takes its time.
    /// - Returns: Whether it came to its end; else the state is of no further use.
    package func advance(
        _ tokens: [[Int32]], state: inout State, isEnding: () -> Bool,
        _ body: (_ sequence: Int, UnsafeBufferPointer<Float>) -> Void
    ) -> Bool {
        let tape = state.tape
        let pieces = pieces(tokens, savingMemory: tape.frozenProducts.roundsActivations)
        func piece(_ index: Int) -> [[Int32]] {
            tokens.map { Array($0[$0.count * index / pieces..<$0.count * (index + 1) / pieces]) }
        }
        var states: Variable?
        defer { tape.end() }
        for index in 0..<pieces {
            tape.begin()
            do {
                states = try readStates(pieces == 1 ? tokens : piece(index), state: &state, returning: .last) { _, _ in
                    if isEnding() { throw CancellationError() }
                }
            } catch {
                return false
            }
        }
        guard let states else { return false }
        let logits = logits(ofStates: states, on: tape)
        let values = tape.values(logits)
        for row in 0..<logits.rows {
            body(row, UnsafeBufferPointer(rebasing: values[row * logits.columns..<(row + 1) * logits.columns]))
        }
        return true
    }

    /// In how many pieces prompts are read.
    ///
    /// - Parameter savingMemory: In more than speed alone asks for. Last bits may depend on it.
    package func pieces(_ tokens: [[Int32]], savingMemory: Bool = false) -> Int {
        guard readsPromptsInPieces else { return 1 }
        let total = tokens.reduce(0) { $0 + $1.count }
        let pairs = tokens.reduce(0) { $0 + $1.count * $1.count }
        var wanted = max(total * widestRow / Self.largestPiece, pairs * widestRow / Self.largestAttention)
        if savingMemory { wanted = max(wanted, total / Self.fewestTokens) }
        return max(1, min(tokens.map(\.count).min() ?? 1, wanted))
    }

    /// Of a piece: products with fewer take longer for unpacking weights.
    private static var fewestTokens: Int { 128 }

    /// Floats of an activation: 64 MB.
    private static var largestPiece: Int { 1 << 24 }

    /// Pairs of positions times floats of an activation: some tenths of a second a block, which is how long an end that is
    /// asked for may take.
    private static var largestAttention: Int { 1 << 34 }
}

/// Which positions' logits a call returns.
package enum LogitRows: Sendable { case last, all }

/// The caches of a batch that is being decoded. Not shared between threads.
package protocol GenerationState {
    /// The memory that steps reuse.
    var tape: Tape { get }

    /// Which rows of the caches belong to whom. Changed by the model, and by the functions below alone.
    var slots: CacheSlots { get set }

    /// How many tokens each sequence still in the batch has read.
    var lengths: [Int] { get }

    /// Whether it can restart with so many sequences.
    func hasRoom(sequences: Int, capacity: Int) -> Bool

    /// Keeps the sequences at these indices, in this order; the others leave the batch.
    mutating func keep(_ indices: [Int])

    /// Forgets what each sequence has beyond its first `length` tokens.
    mutating func truncate(to length: Int)

    /// Becomes an empty state for other sequences, in the memory that it has.
    mutating func restart(sequences: Int, capacity: Int)
}

extension GenerationState {
    package var lengths: [Int] { slots.lengths }
    package func hasRoom(sequences: Int, capacity: Int) -> Bool { slots.rows >= sequences * capacity }
    package mutating func keep(_ indices: [Int]) { slots.keep(indices) }
    package mutating func truncate(to length: Int) { slots.truncate(to: length) }
    package mutating func restart(sequences: Int, capacity: Int) {
        slots.restart(sequences: sequences, capacity: capacity)
    }
}
