import Tensors

/// Continues each prompt with the likeliest tokens until one of `stops` (left out of the result) or `maximumNewTokens`.
///
/// Prompts of any lengths ≥ 1 share a batch; a finished sequence leaves it. Batches are fixed, so results don't depend on
/// the number of threads that work through them.
package func generateGreedy<Model: CausalLanguageModel>(
    _ model: Model, prompts: [[Int32]], maximumNewTokens: Int, stops: Set<Int32>, batch: Int = 64, threads: Int = 1,
    precision: Precision = .float32
) -> [[Int32]] {
    precondition(batch > 0 && maximumNewTokens >= 0, "batch \(batch), maximumNewTokens \(maximumNewTokens)")
    guard maximumNewTokens > 0 else { return prompts.map { _ in [] } }
    let starts = Array(stride(from: 0, to: prompts.count, by: batch))
    var results = [[[Int32]]](repeating: [], count: starts.count)
    let threads = max(1, min(threads, starts.count))
    let states = Loans<Model.State?>(count: threads) { nil }
    results.withUnsafeMutableBufferPointer { results in
        let slots = results
        WorkerPool(threads: threads).run(starts.count) { index in
            let part = Array(prompts[starts[index]..<min(starts[index] + batch, prompts.count)])
            let capacity = (part.map(\.count).max() ?? 0) + maximumNewTokens
            slots[index] = states.borrow { kept in
                var state: Model.State
                if let old = kept.take(), old.hasRoom(sequences: part.count, capacity: capacity) {
                    state = old
                    state.restart(sequences: part.count, capacity: capacity)
                } else {
                    state = model.makeState(sequences: part.count, capacity: capacity, precision: precision)
                }
                defer { kept = state }
                let limits = GenerationLimits(maximumNewTokens: maximumNewTokens, stops: stops)
                return generate(model, prompts: part, limits: limits, state: &state) { _ in GreedySampler() }
                    .continuations.map(\.tokens)
            }
        }
    }
    return results.flatMap { $0 }
}
