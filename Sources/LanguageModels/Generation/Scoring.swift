import Foundation
import Tensors

/// What a model thinks of a sequence.
package struct SequenceScore: Sendable {
    /// A likely next token.
    package struct Candidate: Sendable, Equatable {
        package let token: Int32
        package let logit: Float
    }

    /// Negative log-likelihood of each token given those before it, in nats; of ``ScoreRequest/firstScored`` first.
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
    /// Whether the tokens' likelihoods are wanted.
    package var scoresTokens = true
    /// Index of the first token whose likelihood is wanted; at least 1, as nothing comes before the first token of all.
    package var firstScored = 1
    /// How many of the first tokens are a prompt that the others answer; nil for a text without one. Most models don't tell one
    /// from the other.
    package var promptCount: Int?

    package init() {}
}

/// Scores a sequence of at least one token, some hundred tokens at a time, so that memory doesn't grow with its length but for
/// caches.
///
/// - Parameter state: For one sequence of that length; empty, or with its first tokens already read, which are neither read
///   again nor scored.
package func score<Model: CausalLanguageModel>(
    _ model: Model, _ tokens: [Int32], _ request: ScoreRequest, state: inout Model.State
) -> SequenceScore {
    precondition(!tokens.isEmpty, "no tokens to score")
    precondition(request.firstScored >= 1, "the first token can't be scored")
    var result = SequenceScore()
    let tape = state.tape
    let read = state.lengths.first ?? 0
    var starts = [read]
    if model.readsPromptsInPieces {
        starts = Array(stride(from: read, to: tokens.count, by: 256))
    } else if let prompt = request.promptCount, prompt > read, prompt < tokens.count {
        starts.append(prompt)
    }
    for (start, end) in zip(starts, starts.dropFirst() + [tokens.count]) {
        let range = start..<end
        let isLast = range.upperBound == tokens.count
        let next = min(range.upperBound + 1, tokens.count)
        // A vocabulary's logits for a few rows at a time: of all rows they are hundreds of megabytes. Which rows go together
        // doesn't depend on the first that is wanted, so that neither do the bits.
        let parts = stride(from: start + 1, to: request.scoresTokens ? next : start, by: 16)
            .map { $0..<min($0 + 16, next) }.filter { $0.upperBound > request.firstScored }
        let rows: LogitRows = !parts.isEmpty || request.hiddenPositions == .all ? .all : .last
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
        for part in parts {
            let losses = tape.scoped {
                let some = tape.gatherRows(states, part.map { Int32($0 - 1 - start) })
                return tape.losses(model.logits(ofStates: some, on: tape), targets: Array(tokens[part]))
            }
            result.nats += losses.dropFirst(max(0, request.firstScored - part.lowerBound))
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
    let candidates = logits.enumerated().lazy.map { SequenceScore.Candidate(token: Int32($0), logit: $1) }
    if count > 256 {
        return candidates.sorted { $0.logit != $1.logit ? $0.logit > $1.logit : $0.token < $1.token }.prefix(count)
            .map { $0 }
    }
    var best: [SequenceScore.Candidate] = []
    for (token, logit) in logits.enumerated() {
        if best.count == count, let last = best.last, !(logit > last.logit) { continue }
        let place = best.firstIndex { logit > $0.logit } ?? best.count
        best.insert(SequenceScore.Candidate(token: Int32(token), logit: logit), at: place)
        if best.count > count { best.removeLast() }
    }
    return best
}
