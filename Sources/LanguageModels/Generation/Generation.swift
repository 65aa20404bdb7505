import Foundation
import Tensors

/// What ends a continuation, and how long it may become.
package struct GenerationLimits: Sendable {
    package var maximumNewTokens: Int
    /// At most so many tokens of a prompt and its continuation; nil: any number.
    package var maximumLength: Int?
    /// Tokens that end a continuation; they aren't part of it.
    package var stops: Set<Int32>

    package init(maximumNewTokens: Int, maximumLength: Int? = nil, stops: Set<Int32>) {
        self.maximumNewTokens = maximumNewTokens
        self.maximumLength = maximumLength
        self.stops = stops
    }
}

/// Why a continuation ended.
package enum FinishReason: String, Sendable, Codable {
    /// At a stop token or stop text.
    case stop
    /// It has as many tokens as it may have.
    case length
    /// Somebody asked for its end.
    case cancelled
}

/// A generated continuation, without what ended it.
package struct Continuation: Sendable, Equatable {
    package var tokens: [Int32] = []
    package var finish = FinishReason.length
}

/// How a batch's time was spent.
package struct GenerationTimes: Sendable {
    package var prefill = 0.0
    package var decode = 0.0
}

/// What is to happen with a sequence once a token of it is known.
package enum GenerationStep: Sendable { case goOn, stop, cancel }

/// Continues each prompt of a batch token by token. Prompts of any lengths ≥ 1 share the batch; a finished sequence leaves it.
///
/// - Parameters:
///   - state: Empty, with room for every prompt and its continuation.
///   - sampler: Of each sequence.
///   - isEnding: Whether generation is to end where it is; asked behind each block.
///   - watch: Told of every token of a sequence as it is chosen, with the logits that it was chosen by; says if it goes on.
package func generate<Model: CausalLanguageModel>(
    _ model: Model, prompts: [[Int32]], limits: GenerationLimits, state: inout Model.State,
    sampler: (_ sequence: Int) -> any Sampler, isEnding: () -> Bool = { false },
    watch: (_ sequence: Int, _ token: Int32, UnsafeBufferPointer<Float>) -> GenerationStep = { _, _, _ in .goOn }
) -> (continuations: [Continuation], times: GenerationTimes) {
    var results = [Continuation](repeating: Continuation(), count: prompts.count)
    var times = GenerationTimes()
    guard limits.maximumNewTokens > 0, !prompts.isEmpty else { return (results, times) }
    var samplers = prompts.indices.map(sampler)
    var history = prompts
    var active = Array(prompts.indices)
    var next = prompts
    var clock = ContinuousClock.now
    var isPrefill = true
    while true {
        var going: [Int] = []
        var following: [[Int32]] = []
        let isRead = model.advance(next, state: &state, isEnding: isEnding) { row, logits in
            let sequence = active[row]
            let token = samplers[sequence].next(logits, after: history[sequence])
            if limits.stops.contains(token) {
                results[sequence].finish = .stop
                return
            }
            results[sequence].tokens.append(token)
            history[sequence].append(token)
            switch watch(sequence, token, logits) {
            case .stop: results[sequence].finish = .stop
            case .cancel: results[sequence].finish = .cancelled
            case .goOn:
                guard results[sequence].tokens.count < limits.maximumNewTokens,
                    history[sequence].count < limits.maximumLength ?? .max
                else { return }
                going.append(row)
                following.append([token])
            }
        }
        let now = ContinuousClock.now
        if isPrefill {
            times.prefill += (now - clock) / .seconds(1)
        } else {
            times.decode += (now - clock) / .seconds(1)
        }
        (clock, isPrefill) = (now, false)
        if !isRead {
            for sequence in active { results[sequence].finish = .cancelled }
            return (results, times)
        }
        if going.isEmpty { return (results, times) }
        if going.count < active.count {
            state.keep(going)
            active = going.map { active[$0] }
        }
        next = following
    }
}
