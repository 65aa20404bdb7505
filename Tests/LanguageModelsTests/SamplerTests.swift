import LanguageModels
import Testing

@Suite("samplers")
struct SamplerTests {
    /// Probabilities 0.5, 0.25, 0.125, 0.0625, 0.0625.
    private static let logits: [Float] = [3, 1, 4, 2, 1].map { $0 * 0.693_147_2 }

    /// How often each token is drawn, of 20,000.
    private func shares(_ change: (inout SamplingOptions) -> Void, after tokens: [Int32] = []) -> [Double] {
        var options = SamplingOptions()
        options.seed = 3
        change(&options)
        var sampler = RandomSampler(options, sequence: 0)
        var counts = [Int](repeating: 0, count: Self.logits.count)
        for _ in 0..<20_000 {
            let token = Self.logits.withUnsafeBufferPointer { sampler.next($0, after: tokens) }
            counts[Int(token)] += 1
        }
        return counts.map { Double($0) / 20_000 }
    }

    /// Three standard deviations of a share of 20,000 draws are 0.011 at most.
    private func expect(_ found: [Double], _ expected: [Double]) {
        #expect(zip(found, expected).allSatisfy { $1 == 0 ? $0 == 0 : abs($0 - $1) < 0.012 }, "\(found)")
    }

    @Test("draws follow the model's distribution")
    func distribution() { expect(shares { _ in }, [0.25, 0.0625, 0.5, 0.125, 0.0625]) }

    @Test("a temperature of 2 takes roots, 0 the likeliest")
    func temperature() {
        let roots = [0.25, 0.0625, 0.5, 0.125, 0.0625].map { $0.squareRoot() }
        let sum = roots.reduce(0, +)
        expect(shares { $0.temperature = 2 }, roots.map { $0 / sum })
        expect(shares { $0.temperature = 0 }, [0, 0, 1, 0, 0])
    }

    @Test("top k and top p leave the likeliest, top p as many as reach it")
    func top() {
        expect(shares { $0.topK = 2 }, [1 / 3, 0, 2 / 3, 0, 0])
        expect(shares { $0.topP = 0.76 }, [2 / 7, 0, 4 / 7, 1 / 7, 0])
        expect(shares { $0.topP = 0.01 }, [0, 0, 1, 0, 0])
        // Of the three that top k leaves, two reach 0.8 of what is left.
        expect(
            shares {
                $0.topK = 3
                $0.topP = 0.8
            }, [1 / 3, 0, 2 / 3, 0, 0])
    }

    @Test("min p leaves what is at least that share of the likeliest")
    func minimum() {
        expect(shares { $0.minP = 0.24 }, [2 / 7, 0, 4 / 7, 1 / 7, 0])
        expect(shares { $0.minP = 0.26 }, [1 / 3, 0, 2 / 3, 0, 0])
    }

    @Test("tokens that occurred are penalised, once however often")
    func penalty() {
        // Logit 4 ln 2 divided by 4 is ln 2.
        let found = shares({ $0.repetitionPenalty = 4 }, after: [2, 2, 2])
        expect(found, [8, 2, 2, 4, 2].map { $0 / 18 })
    }

    @Test("tokens are penalised from the moment they occur")
    func growingPenalty() {
        var options = SamplingOptions()
        options.temperature = 0
        options.repetitionPenalty = 4.5
        var sampler = RandomSampler(options, sequence: 0)
        var tokens: [Int32] = []
        for _ in 0..<5 { tokens.append(Self.logits.withUnsafeBufferPointer { sampler.next($0, after: tokens) }) }
        // Of 4, 3, 2, 1 and 1 times ln 2, each is below all others once it occurred.
        #expect(tokens == [2, 0, 3, 1, 4])
    }

    @Test("the same seed and sequence give the same draws, others don't")
    func seeds() {
        func draws(seed: UInt64, sequence: Int) -> [Int32] {
            var options = SamplingOptions()
            options.seed = seed
            var sampler = RandomSampler(options, sequence: sequence)
            return (0..<50).map { _ in Self.logits.withUnsafeBufferPointer { sampler.next($0, after: []) } }
        }
        #expect(draws(seed: 1, sequence: 2) == draws(seed: 1, sequence: 2))
        #expect(draws(seed: 1, sequence: 2) != draws(seed: 1, sequence: 3))
        #expect(draws(seed: 1, sequence: 2) != draws(seed: 2, sequence: 2))
    }
}

@Suite("stop texts")
struct StopTextsTests {
    private func run(_ stops: [String], _ pieces: [String]) -> (pieces: [String], rest: String, isStopped: Bool) {
        var filter = StopTexts(stops)
        let shown = pieces.map { filter.append($0) }
        return (shown, filter.finish(), filter.isStopped)
    }

    @Test("what may begin a stop text is held back until it is known")
    func held() {
        let found = run(["END", "NO"], ["abE", "N", "X", "N", "o"])
        #expect(found.pieces == ["ab", "", "ENX", "", "No"] && found.rest.isEmpty && !found.isStopped)
    }

    @Test("the earliest stop text ends, and nothing behind it is shown")
    func ends() {
        let found = run(["END", "N"], ["abE", "ND", "more"])
        #expect(found.pieces == ["ab", "", ""] && found.rest.isEmpty && found.isStopped)
        #expect(run(["é"], ["caf", "é!"]).pieces == ["caf", ""])
    }

    @Test("what was held back is shown at the end, and no stop texts hold nothing")
    func rest() {
        #expect(run(["END"], ["aEN"]).rest == "EN")
        #expect(run([], ["a", "b"]).pieces == ["a", "b"])
        #expect(run([""], ["a"]).pieces == ["a"])
    }
}
