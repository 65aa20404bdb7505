import CAllocations
import Foundation
import LanguageModels
import NeuralNetworks
import Tensors
import Testing

@Suite("trainer")
struct TrainerTests {
    private static let options = TrainingOptions(
        steps: 12, batch: 10, optimizer: .init(learningRate: 3e-3), warmup: 2, seed: 5, averageDecay: 0.9)

    private static func trainer(threads: Int = 1) throws -> Trainer<Decoder> {
        try Trainer(smallDecoder(), corpus: smallCorpus(count: 23), options: options, threads: threads)
    }

    @Test("the same bits on any number of threads", arguments: [2, 3, 8])
    func threads(_ threads: Int) throws {
        let (one, many) = (try Self.trainer(), try Self.trainer(threads: threads))
        for _ in 0..<12 { #expect(try one.step() == many.step()) }
        #expect(one.state() == many.state())
        #expect(one.result.safetensors() == many.result.safetensors())
    }

    @Test(
        "the same bits in whatever order shards and pieces are taken up", arguments: [1, 2, 3, 8],
        [1, 2, 3, 4] as [UInt64])
    func order(threads: Int, seed: UInt64) throws {
        let one = try Self.trainer()
        let shuffled = try Trainer(
            smallDecoder(), corpus: smallCorpus(count: 23), options: Self.options,
            pool: WorkerPool(threads: threads, shuffledBy: seed))
        for _ in 0..<12 { #expect(try one.step() == shuffled.step()) }
        #expect(one.state() == shuffled.state())
    }

    @Test("a batch is cut in fewer parts only where a part's gradient would cost more than its tokens")
    func shards() {
        func parts(_ parameters: Int, _ tokens: Int) -> Int {
            TrainingOptions.shards(parameters: parameters, tokens: tokens)
        }
        #expect(parts(100_000, 200) == 4)
        #expect(parts(25_000_000, 1024) == 2)
        #expect(parts(5_000_000, 2048) == 4)
        #expect(parts(25_000_000, 0) == 2)
    }

    @Test("other numbers of shards give other last bits, each the same on any number of threads", arguments: [1, 2, 5])
    func otherShards(_ shards: Int) throws {
        var options = Self.options
        options.shards = shards
        func states(_ threads: Int) throws -> Data {
            let trainer = try Trainer(
                smallDecoder(), corpus: smallCorpus(count: 23), options: options, threads: threads)
            for _ in 0..<3 { _ = try trainer.step() }
            return trainer.state()
        }
        let one = try states(1)
        #expect(try states(3) == one)
        let usual = try Self.trainer()
        for _ in 0..<3 { _ = try usual.step() }
        #expect(usual.state() != one)
    }

    @Test(
        "an evaluation gives the loss that a step over the same sequences gives, on any number of threads, and changes nothing"
    )
    func evaluation() throws {
        let corpus = smallCorpus(count: 150)
        var options = Self.options
        options.batch = 150
        func trainer(_ threads: Int) throws -> Trainer<Decoder> {
            try Trainer(smallDecoder(), corpus: corpus, options: options, threads: threads)
        }
        let one = try trainer(1)
        let state = one.state()
        let found = one.evaluate(one.model, on: corpus, sequences: 0..<150)
        #expect(one.state() == state)
        for threads in [2, 3, 8] {
            let many = try trainer(threads)
            #expect(many.evaluate(many.model, on: corpus, sequences: 0..<150) == found)
        }
        let step = try one.step()
        // The sums are over other groups of sequences, so that the last bits differ.
        #expect(abs(step.loss - found.loss) < 1e-5 * step.loss)
        #expect(abs(Double(step.correct) / Double(step.scoredTokens) - found.accuracy) < 1e-9)
        let few = one.evaluate(one.model, on: corpus, sequences: 0..<0)
        #expect(few.loss.isNaN && few.accuracy.isNaN, "nothing to judge by must not look perfect")
    }

    /// Only an epoch's first step takes some: for the order of its sequences.
    @Test(
        "a step like earlier ones takes no memory, not the smallest object",
        .disabled(if: _isDebugAssertConfiguration(), "only the optimizer does without some objects"),
        .disabled(if: calm_allocations() < 0, "sanitizers have their own allocator"), arguments: [1, 2])
    func steadyMemory(threads: Int) throws {
        var corpus = TokenCorpus(vocabulary: 17)
        for sequence in 0..<200 {
            let ids = (0..<6).map { Int32((sequence + $0) % 13) }
            corpus.append(ids, scored: ids.indices.map { $0 >= 1 }, byteOffsets: ids.indices.map { Int32($0) })
        }
        let trainer = try Trainer(smallDecoder(), corpus: corpus, options: Self.options, threads: threads)
        let start = calm_allocations()
        for _ in 0..<10 { _ = try trainer.step() }
        try #require(calm_allocations() > start, "nothing counts allocations here")
        // Now and then the system takes some for a thread of its own; a step that does takes them every time.
        var taken: [Int] = []
        repeat {
            let before = calm_allocations()
            for _ in 0..<10 { _ = try trainer.step() }
            taken.append(Int(calm_allocations() - before))
        } while taken.last != 0 && taken.count < 5
        #expect(taken.last == 0, "\(taken)")
    }

    @Test("a resumed run ends with the same bits")
    func resume() throws {
        let whole = try Self.trainer()
        for _ in 0..<12 { _ = try whole.step() }
        let first = try Self.trainer()
        for _ in 0..<5 { _ = try first.step() }
        let second = try Self.trainer()
        try second.restore(first.state())
        for _ in 5..<12 { _ = try second.step() }
        #expect(second.state() == whole.state())
    }

    @Test("with patience the result is what did best, training ends in time, and both survive an interruption")
    func patience() throws {
        var options = Self.options
        options.patience = 2
        // By step: the lowest is that of the third, and any number is better than none.
        let losses = [.nan, 2.5, 2.0, .nan, 2.1, 1.0]
        func trainer() throws -> Trainer<Decoder> {
            try Trainer(smallDecoder(), corpus: smallCorpus(count: 23), options: options, threads: 1)
        }
        func advance(_ trainer: Trainer<Decoder>, by steps: Int = .max) throws {
            var left = steps
            while !trainer.isDone, left > 0 {
                _ = try trainer.step()
                trainer.take(validationLoss: losses.dropFirst(trainer.completedSteps - 1).first ?? 9)
                left -= 1
            }
        }
        let whole = try trainer()
        try advance(whole)
        #expect(whole.completedSteps == 5 && whole.resultStep == 3)
        let plain = try Self.trainer()
        for _ in 0..<3 { _ = try plain.step() }
        #expect(whole.result.safetensors() == plain.current.safetensors())
        #expect(whole.result.safetensors() != whole.current.safetensors())
        for steps in 1...5 {
            let first = try trainer()
            try advance(first, by: steps)
            let second = try trainer()
            try second.restore(first.state())
            try advance(second)
            #expect(second.state() == whole.state() && second.resultStep == 3, "after \(steps)")
            #expect(second.result.safetensors() == whole.result.safetensors(), "after \(steps)")
        }
        // Without, nothing is kept.
        plain.take(validationLoss: 1)
        _ = try plain.step()
        #expect(plain.resultStep == 4 && !plain.isDone)
    }

    @Test("sequences longer than the model's positions are refused, those that just fit are not")
    func tooLong() throws {
        var corpus = TokenCorpus(vocabulary: 17)
        corpus.append([1, 2, 3, 4, 5], scored: [false, true, true, true, true], byteOffsets: [0, 1, 2, 3, 4])
        #expect(throws: TrainingError.self) {
            try Trainer(
                smallDecoder(positions: .learned(maximum: 3)), corpus: corpus, options: Self.options, threads: 1)
        }
        let fitting = try Trainer(
            smallDecoder(positions: .learned(maximum: 4)), corpus: corpus, options: Self.options, threads: 1)
        #expect(try fitting.step().loss.isFinite)
    }

    @Test("a damaged state is refused")
    func damagedState() throws {
        let trainer = try Self.trainer()
        #expect(throws: SafetensorsError.self) { try trainer.restore(Data(trainer.state().dropLast())) }
    }

    @Test("training lowers the loss, and the averaged weights are not the last")
    func learns() throws {
        let trainer = try Trainer(
            smallDecoder(), corpus: smallCorpus(count: 8),
            options: TrainingOptions(
                steps: 150, batch: 8, optimizer: .init(learningRate: 1e-2), warmup: 5, seed: 5, averageDecay: 0.9),
            threads: 1)
        let first = try trainer.step()
        var last = first
        for _ in 1..<150 { last = try trainer.step() }
        #expect(first.loss > 2)
        // Only the first tokens are random; what follows can be learnt by heart.
        #expect(last.loss < 0.6)
        #expect(last.correct > last.scoredTokens / 2)
        #expect(trainer.result.safetensors() != trainer.model.safetensors())
    }

    @Test("a step's loss is the mean over the scored tokens of the whole batch")
    func meanLoss() throws {
        let corpus = smallCorpus(count: 6)
        let model = try smallDecoder()
        var options = Self.options
        options.batch = 6
        let report = try Trainer(model, corpus: corpus, options: options, threads: 1).step()
        let tape = Tape()
        tape.begin()
        let batch = TokenBatch(corpus, sequences: 0..<6)
        let loss = tape.softmaxCrossEntropy(model.logits(batch, dropout: nil, on: tape), targets: batch.targets)
        #expect(report.scoredTokens == batch.targets.count)
        #expect(abs(report.loss - loss.sum / Double(batch.targets.count)) < 1e-5)
    }

    @Test("data order is a function of seed and step, and an epoch visits every sequence once")
    func order() {
        var (forward, direct) = (BatchOrder(count: 7, batch: 3, seed: 2), BatchOrder(count: 7, batch: 3, seed: 2))
        func taken(_ order: inout BatchOrder, _ step: Int) -> [Int] {
            var sequences: [Int] = []
            order.take(step: step, into: &sequences)
            return sequences
        }
        let steps = (0..<14).map { taken(&forward, $0) }
        #expect(taken(&direct, 9) == steps[9])
        let visits = steps.joined()
        for epoch in 0..<6 { #expect(Set(visits.dropFirst(7 * epoch).prefix(7)) == Set(0..<7)) }
        #expect(Array(visits.prefix(7)) != Array(visits.dropFirst(7).prefix(7)))
    }

    @Test("a corpus with nothing to learn from is refused")
    func nothingScored() throws {
        var corpus = TokenCorpus(vocabulary: 17)
        corpus.append([1, 2], scored: [false, false], byteOffsets: [0, 1])
        #expect(throws: TrainingError.self) {
            try Trainer(smallDecoder(), corpus: corpus, options: Self.options, threads: 1)
        }
    }
}
