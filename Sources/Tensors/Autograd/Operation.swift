/// What an operation must be able to do to take part in training.
protocol DifferentiableOperation {
    /// The variable that this operation produced, or changed if it works in place.
    var output: Variable { get }

    /// Turns the gradient of the output into gradients of the inputs and parameters, adding to what is there.
    /// An operation in place changes `upstream` instead.
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape)
}

/// The closed set of recorded operations. To add one: a file in Operations/, a case and a line here, a row in the table of
/// gradient checks.
enum Operation {
    case linear(LinearProduct)
    case embedding(EmbeddingLookup)
    case rmsNorm(RMSNormalization)
    case layerNorm(LayerNormalization)
    case rotary(RotaryRotation)
    case attention(Attention)
    case gelu(GELUActivation)
    case gate(GatedActivation)
    case softCap(SoftCap)
    case reshape(Reshaping)
    case dropout(DropoutMask)
    case gatherRows(RowGathering)
    case replaceRows(RowReplacement)
    case add(Addition)
    case scale(Scaling)
    case crossEntropy(SoftmaxCrossEntropy)
    case recomputation(Recomputation)

    func backward(on tape: Tape) {
        switch self {
        case .linear(let operation): tape.propagate(operation)
        case .embedding(let operation): tape.propagate(operation)
        case .rmsNorm(let operation): tape.propagate(operation)
        case .layerNorm(let operation): tape.propagate(operation)
        case .rotary(let operation): tape.propagate(operation, inPlace: true)
        case .attention(let operation): tape.propagate(operation)
        case .gelu(let operation): tape.propagate(operation)
        case .gate(let operation): tape.propagate(operation)
        case .softCap(let operation): tape.propagate(operation)
        case .reshape(let operation): tape.propagate(operation)
        case .dropout(let operation): tape.propagate(operation)
        case .gatherRows(let operation): tape.propagate(operation)
        case .replaceRows(let operation): tape.propagate(operation)
        case .add(let operation): tape.propagate(operation)
        case .scale(let operation): tape.propagate(operation)
        case .crossEntropy(let operation): tape.propagate(operation)
        case .recomputation(let operation): tape.propagate(operation)
        }
    }
}
