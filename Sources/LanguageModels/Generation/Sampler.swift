import Foundation
import Tensors

/// Chooses the next token of one sequence.
package protocol Sampler: Sendable {
    /// The next token, given the logits [V] after the tokens so far, prompt included: those of the call before and others
    /// behind them.
    mutating func next(_ logits: UnsafeBufferPointer<Float>, after tokens: [Int32]) -> Int32
}

/// Takes the likeliest token; of equally likely ones, the first.
package struct GreedySampler: Sampler {
    package init() {}

    package func next(_ logits: UnsafeBufferPointer<Float>, after tokens: [Int32]) -> Int32 {
        guard let base = logits.baseAddress else { preconditionFailure("no logits to choose from") }
        return Int32(VectorMath.argmax(base, logits.count))
    }
}

/// How tokens are drawn. The defaults draw from the model's own distribution.
package struct SamplingOptions: Sendable, Equatable {
    /// Logits are divided by this; 0 takes the likeliest token.
    package var temperature: Float = 1
    /// Only the k likeliest tokens are drawn; 0: all.
    package var topK = 0
    /// Only the likeliest tokens that together reach this probability are drawn; 1: all (Holtzman et al., 2019).
    package var topP: Float = 1
    /// Only tokens of at least this share of the likeliest one's probability are drawn; 0: all.
    package var minP: Float = 0
    /// Logits of tokens that occurred are divided by this if positive, multiplied if negative; 1: not at all (CTRL, 2019).
    package var repetitionPenalty: Float = 1
    package var seed: UInt64 = 0

    package init() {}

    /// Whether no token is ever drawn by chance.
    package var isGreedy: Bool { temperature == 0 }
}

/// Draws tokens at random, as ``SamplingOptions`` say, in this order: repetition penalty, temperature, top k, top p, min p.
///
/// Draws depend on the seed and the sequence's number alone, so that a sequence gets the same tokens in any batch.
package struct RandomSampler: Sampler {
    private let options: SamplingOptions
    private var random: RandomGenerator
    /// The tokens that occurred, of the first `read` ones.
    private var occurred: Set<Int32> = []
    private var read = 0

    package init(_ options: SamplingOptions, sequence: Int) {
        self.options = options
        random = RandomGenerator(seed: options.seed, "sampling", sequence)
    }

    package mutating func next(_ logits: UnsafeBufferPointer<Float>, after tokens: [Int32]) -> Int32 {
        guard options.repetitionPenalty != 1 else { return draw(logits) }
        occurred.formUnion(tokens[min(read, tokens.count)...])
        read = tokens.count
        var penalised = Array(logits)
        for token in occurred where penalised.indices.contains(Int(token)) {
            let logit = penalised[Int(token)]
            penalised[Int(token)] = logit > 0 ? logit / options.repetitionPenalty : logit * options.repetitionPenalty
        }
        return penalised.withUnsafeBufferPointer { draw($0) }
    }

    private mutating func draw(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        let likeliest = GreedySampler().next(logits, after: [])
        if options.isGreedy { return likeliest }
        let candidates = candidates(logits, top: logits[Int(likeliest)])
        // Every token is possible, and the sum of all shares below 1 by rounding: the last one takes the rest.
        var left = Double(random.next() >> 11) * 0x1p-53 * candidates.reduce(0) { $0 + $1.weight }
        for (token, weight) in candidates {
            left -= weight
            if left < 0 { return token }
        }
        return candidates.last?.token ?? likeliest
    }

    private typealias Candidate = (token: Int32, weight: Double)

    /// Tokens that may be drawn, likeliest first if any are left out, with weights relative to the likeliest one's.
    private func candidates(_ logits: UnsafeBufferPointer<Float>, top: Float) -> [Candidate] {
        func weight(_ logit: Float) -> Double { exp(Double((logit - top) / options.temperature)) }
        let limit = options.topK > 0 ? min(options.topK, logits.count) : logits.count
        if limit == logits.count, options.topP >= 1, options.minP <= 0 {
            return logits.enumerated().map { (Int32($0), weight($1)) }
        }
        // Sorting a whole vocabulary takes longer than the model: lower the bar until enough tokens are over it.
        let total = limit == logits.count ? logits.reduce(0) { $0 + weight($1) } : nil
        for drop in [8, 16, 32, Float.infinity] as [Float] {
            var kept: [Candidate] = []
            for (token, logit) in logits.enumerated() where top - logit <= drop * options.temperature {
                kept.append((Int32(token), weight(logit)))
            }
            let isAll = drop == .infinity
            guard isAll || total != nil || kept.count >= limit else { continue }
            kept.sort { ($1.weight, $0.token) < ($0.weight, $1.token) }
            kept = Array(kept.prefix(limit))
            let mass = total ?? kept.reduce(0) { $0 + $1.weight }
            if options.topP < 1 {
                var reached = 0.0
                let goal = Double(options.topP) * mass
                guard
                    let end = kept.firstIndex(where: {
                        reached += $0.weight
                        return reached >= goal
                    })
                else {
                    if isAll { return narrowed(kept) }
                    continue
                }
                return narrowed(Array(kept[...end]))
            }
            // What min p leaves is over the bar if the bar is lower.
            if isAll || total == nil || Double(options.minP) >= weight(top - drop * options.temperature) {
                return narrowed(kept)
            }
        }
        return []
    }

    private func narrowed(_ candidates: [Candidate]) -> [Candidate] {
        options.minP > 0 ? candidates.filter { $0.weight >= Double(options.minP) } : candidates
    }
}
