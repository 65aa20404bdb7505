import LanguageModels
import Testing

@Suite("greedy generation")
struct GreedyGenerationTests {
    private static let prompts: [[Int32]] = (1...11).map { length in (0..<length).map { Int32(($0 * 5 + length) % 13) }
    }

    /// One token at a time, each by a whole pass.
    private static func slow(_ model: Decoder, _ prompt: [Int32], maximum: Int, stop: Int32) -> [Int32] {
        var result: [Int32] = []
        while result.count < maximum {
            let row = uncachedLogits(model, [prompt + result]).last ?? []
            let best = row.indices.max { row[$0] < row[$1] } ?? 0
            if Int32(best) == stop { break }
            result.append(Int32(best))
        }
        return result
    }

    @Test("gives what whole passes give, in batches of any size, on any number of threads")
    func agrees() throws {
        let model = try smallDecoder(seed: 3)
        let free = Self.prompts.map { Self.slow(model, $0, maximum: 9, stop: -1) }
        // Stop at a token that ends some sequences and not others.
        let stop = free[2][3]
        let expected = Self.prompts.map { Self.slow(model, $0, maximum: 9, stop: stop) }
        #expect(Set(expected.map(\.count)).count > 1)
        for (batch, threads) in [(1, 1), (4, 1), (4, 3), (64, 2)] {
            let found = generateGreedy(
                model, prompts: Self.prompts, maximumNewTokens: 9, stops: [stop], batch: batch, threads: threads)
            #expect(found == expected)
            // Ever shorter prompts, and a last batch that isn't full, take over caches that are larger than they need.
            let reversed = generateGreedy(
                model, prompts: Self.prompts.reversed(), maximumNewTokens: 9, stops: [stop], batch: batch,
                threads: threads)
            #expect(reversed == expected.reversed())
        }
    }

    @Test("a continuation is as long as there is room for it, whatever else is in the batch")
    func lengths() throws {
        let model = try smallDecoder(seed: 3)
        func continued(_ prompts: [[Int32]]) -> [[Int32]] {
            var state = model.makeState(sequences: prompts.count, capacity: 12, precision: .float32)
            return generate(
                model, prompts: prompts,
                limits: GenerationLimits(maximumNewTokens: 9, maximumLength: 12, stops: []), state: &state,
                sampler: { _ in GreedySampler() }
            ).continuations.map(\.tokens)
        }
        let alone = Self.prompts.flatMap { continued([$0]) }
        #expect(alone.map(\.count) == (1...11).map { min(9, 12 - $0) })
        #expect(continued(Self.prompts) == alone)
    }

    @Test("no prompts and no tokens are fine")
    func nothing() throws {
        let model = try smallDecoder()
        #expect(generateGreedy(model, prompts: [], maximumNewTokens: 3, stops: [0]) == [])
        #expect(generateGreedy(model, prompts: [[1]], maximumNewTokens: 0, stops: [0]) == [[]])
    }

    @Test("ends in the middle of a prompt where it is asked to", arguments: [0, 1, 2, 5, 6])
    func ending(after blocks: Int) throws {
        let model = try smallDecoder(seed: 3)
        var state = model.makeState(sequences: 2, capacity: 20, precision: .float32)
        var (asked, told) = (0, 0)
        let answer = generate(
            model, prompts: [Self.prompts[9], Self.prompts[4]],
            limits: GenerationLimits(maximumNewTokens: 9, stops: []), state: &state,
            sampler: { _ in GreedySampler() },
            isEnding: {
                asked += 1
                return asked > blocks
            },
            watch: { _, _, _ in
                told += 1
                return .goOn
            })
        // Each pass asks three times: behind the embeddings and behind two blocks. The first reads the prompts.
        #expect(asked == blocks + 1)
        let passes = blocks / 3
        #expect(told == 2 * passes)
        #expect(answer.continuations.map(\.tokens.count) == [passes, passes])
        #expect(answer.continuations.allSatisfy { $0.finish == .cancelled })
    }
}
