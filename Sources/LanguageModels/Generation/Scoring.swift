import Foundation
import Tensors

/// What a model thinks of a sequence.
package struct SequenceScore: Sendable {
    /// A likely next token.
    package struct Candidate: Sendable, Equatable {
        package let token: Int32
        package let logit: Float
    }

    /// Negative log-likelihood of each token given those before it, in nats; of the second token first.
    package var nats: [Double] = []
    /// The likeliest tokens after the last one, likeliest first; of equally likely ones, the smaller id.
    package var top: [Candidate] = []
    /// Hidden states [rows, d] by layer, of every position or of the last.
    package var hidden: [HiddenLayer: [[Float]]] = [:]
}

/// Which hidden states.
package enum HiddenLayer: Hashable, Sendable {
    /// The residual stream behind so many blocks; 0: embeddings as they enter.
    case blocks(Int)
    /// Behind the last norm, as the output head reads them.
    case final
}

/// What to find out of a sequence.
package struct ScoreRequest: Sendable {
    package var topCount = 0
    package var hiddenLayers: [HiddenLayer] = []
    package var hiddenPositions = LogitRows.last
    /// Whether each token's likelihood is wanted.
    package var scoresTokens = true

    package init() {}
}

/// Scores a sequence of at least one token, some hundred tokens at a time, so that memory doesn't grow with its length but for
/// caches.
///
/// - Parameter state: Empty, for one sequence of that length.
package func score<Model: CausalLanguageModel>(
    _ model: Model, _ tokens: [Int32], _ request: ScoreRequest, state: inout Model.State
) -> SequenceScore {
    precondition(!tokens.isEmpty, "no tokens to score")
    var result = SequenceScore()
    let tape = state.tape
    let piece = 256
    for start in stride(from: 0, to: tokens.count, by: piece) {
        let range = start..<min(start + piece, tokens.count)
        let isLast = range.upperBound == tokens.count
        let rows: LogitRows = request.scoresTokens || request.hiddenPositions == .all ? .all : .last
        tape.begin()
        func keep(_ layer: HiddenLayer, _ states: Variable) {
            guard request.hiddenLayers.contains(layer), isLast || request.hiddenPositions == .all else { return }
            let values = tape.values(states)
            let first = request.hiddenPositions == .all ? 0 : states.rows - 1
            for row in first..<states.rows {
                result.hidden[layer, default: []].append(
                    Array(values[row * states.columns..<(row + 1) * states.columns]))
            }
        }
        let states = model.readStates([Array(tokens[range])], state: &state, returning: rows) { blocks, variable in
            keep(.blocks(blocks), variable)
        }
        keep(.final, states)
        if request.scoresTokens {
            // A vocabulary's logits for a few rows at a time: of all rows they are hundreds of megabytes.
            let targets = tokens[(start + 1)..<min(range.upperBound + 1, tokens.count)]
            for first in stride(from: 0, to: targets.count, by: 16) {
                let part = first..<min(first + 16, targets.count)
                let losses = tape.scoped {
                    let some = tape.gatherRows(states, part.map(Int32.init))
                    return tape.losses(
                        model.logits(ofStates: some, on: tape), targets: part.map { targets[targets.startIndex + $0] })
                }
                result.nats += losses
            }
        }
        if isLast, request.topCount > 0 {
            let last = tape.gatherRows(states, [Int32(states.rows - 1)])
            result.top = likeliest(request.topCount, tape.values(model.logits(ofStates: last, on: tape)))
        }
        tape.end()
    }
    return result
}

/// The likeliest tokens of logits [V].
package func likeliest(_ count: Int, _ logits: UnsafeBufferPointer<Float>) -> [SequenceScore.Candidate] {
    var best: [SequenceScore.Candidate] = []
    for (token, logit) in logits.enumerated() {
        if best.count == count, let last = best.last, !(logit > last.logit) { continue }
        let place = best.firstIndex { logit > $0.logit } ?? best.count
        best.insert(SequenceScore.Candidate(token: Int32(token), logit: logit), at: place)
        if best.count > count { best.removeLast() }
    }
    return best
}
