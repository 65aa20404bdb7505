import Tensors

/// Continues each prompt with the likeliest tokens until `stop` (left out of the result) or `maximumNewTokens`.
///
/// Prompts of any lengths ≥ 1 share a batch; a finished sequence leaves it. Batches are fixed, so results don't depend on
/// the number of threads that work through them.
package func generateGreedy<Model: CausalLanguageModel>(
    _ model: Model, prompts: [[Int32]], maximumNewTokens: Int, stop: Int32, batch: Int = 64, threads: Int = 1,
    precision: Precision = .float32
) -> [[Int32]] {
    precondition(batch > 0 && maximumNewTokens >= 0, "batch \(batch), maximumNewTokens \(maximumNewTokens)")
    let starts = Array(stride(from: 0, to: prompts.count, by: batch))
    var results = [[[Int32]]](repeating: [], count: starts.count)
    results.withUnsafeMutableBufferPointer { results in
        let slots = results
        WorkerPool(threads: max(1, min(threads, starts.count))).run(starts.count) { index in
            let part = prompts[starts[index]..<min(starts[index] + batch, prompts.count)]
            slots[index] = generateBatch(model, Array(part), maximumNewTokens, stop, precision)
        }
    }
    return results.flatMap { $0 }
}

private func generateBatch<Model: CausalLanguageModel>(
    _ model: Model, _ prompts: [[Int32]], _ maximumNewTokens: Int, _ stop: Int32,
    _ precision: Precision
) -> [[Int32]] {
    var results = [[Int32]](repeating: [], count: prompts.count)
    if maximumNewTokens == 0 { return results }
    let longest = prompts.map(\.count).max() ?? 0
    var state = model.makeState(sequences: prompts.count, capacity: longest + maximumNewTokens, precision: precision)
    var active = Array(prompts.indices)
    var next = prompts
    while true {
        let logits = model.advance(next, state: &state, returning: .last)
        let vocabulary = logits.shape[1]
        var going: [Int] = []
        next.removeAll(keepingCapacity: true)
        for row in active.indices {
            let token = logits.elements.withUnsafeBufferPointer { elements in
                Int32(elements.baseAddress.map { VectorMath.argmax($0 + row * vocabulary, vocabulary) } ?? 0)
            }
            if token == stop { continue }
            results[active[row]].append(token)
            if results[active[row]].count == maximumNewTokens { continue }
            going.append(row)
            next.append([token])
        }
        if going.isEmpty { return results }
        if going.count < active.count {
            state.keep(going)
            active = going.map { active[$0] }
        }
    }
}
