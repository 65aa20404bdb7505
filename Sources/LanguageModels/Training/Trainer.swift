import Foundation
import NeuralNetworks
import Synchronization
import Tensors

/// Trains a model on a corpus, step by step. Bit-identical on any number of threads, and across an interruption.
///
/// Each step splits its batch into a fixed number of shards; threads claim shards, each differentiated on its own tape; the
/// gradients are summed in shard order.
package final class Trainer<Model: CausalLanguageModel> {
    /// One part of a batch and what came of it.
    private struct Shard {
        /// Which of the step's sequences.
        var range = 0..<0
        var batch = TokenBatch()
        var loss = 0.0
        var correct = 0
    }

    package private(set) var model: Model
    package private(set) var completedSteps = 0
    package let options: TrainingOptions
    private let corpus: TokenCorpus
    private let pool: WorkerPool
    private let schedule: LearningRateSchedule
    private let scoredCounts: [Int]
    private let shards: UnsafeMutableBufferPointer<Shard>
    /// Of each shard.
    private let gradients: [FloatStorage]
    private let tapes: Loans<Tape>
    private var order: BatchOrder
    /// Those of the step under way.
    private var sequences: [Int] = []
    private var upstream: Float = 0
    /// Made once, so that a step takes no memory for it.
    private lazy var differentiateShard: (Int) -> Void = { [unowned self] index in
        tapes.borrow { differentiate(shard: index, on: $0) }
    }
    private let optimizer: AdamW
    private var average: ExponentialMovingAverage?
    /// The evaluation with the lowest loss, and what was evaluated.
    private var best: (step: Int, loss: Double, parameters: Parameters)?
    private var evaluationsSinceBest = 0

    /// Throws if the corpus has nothing to learn from, or the options make no sense.
    package convenience init(
        _ model: Model, corpus: TokenCorpus, options: TrainingOptions, threads: Int
    ) throws(TrainingError) {
        try self.init(model, corpus: corpus, options: options, pool: WorkerPool(threads: max(1, threads)))
    }

    /// On a pool of the caller's.
    package init(
        _ model: Model, corpus: TokenCorpus, options: TrainingOptions, pool: WorkerPool
    ) throws(TrainingError) {
        try Self.check(model, corpus: corpus, options: options)
        scoredCounts = (0..<corpus.count).map { sequence in corpus.range(sequence).count { corpus.scored[$0] } }
        self.model = model
        self.corpus = corpus
        self.options = options
        self.pool = pool
        schedule = LearningRateSchedule(
            shape: options.schedule, warmup: options.warmup, steps: options.steps, hold: options.hold)
        order = BatchOrder(count: corpus.count, batch: options.batch, seed: options.seed)
        optimizer = AdamW(options.optimizer, for: model.parameters)
        average = options.averageDecay.map { ExponentialMovingAverage(decay: $0, of: model.parameters) }
        let parts =
            options.shards
            ?? TrainingOptions.shards(
                parameters: model.parameters.count,
                tokens: options.batch * corpus.tokens.count / corpus.count / options.accumulation)
        shards = .allocate(capacity: parts)
        _ = shards.initialize(from: (0..<parts).map { _ in Shard() })
        gradients = (0..<parts).map { _ in FloatStorage(count: model.parameters.count) }
        tapes = Loans(count: min(pool.threads, shards.count)) {
            let tape = Tape(precision: options.precision)
            tape.recomputesBlocks = options.recomputation
            return tape
        }
    }

    /// Throws if a model can't be trained on a corpus in this way.
    package static func check(
        _ model: Model, corpus: TokenCorpus, options: TrainingOptions
    ) throws(TrainingError) {
        guard options.steps >= 0, options.batch > 0, options.shards.map({ $0 > 0 }) ?? true, options.warmup >= 0,
            options.accumulation > 0, options.patience.map({ $0 > 0 }) ?? true
        else {
            throw TrainingError(
                "steps \(options.steps), batch \(options.batch), shards \(options.shards ?? 0), warmup \(options.warmup), "
                    + "accumulation \(options.accumulation), patience \(options.patience ?? 1)")
        }
        guard corpus.scored.contains(true) else {
            throw TrainingError("none of the corpus's \(corpus.count) sequences has a scored token")
        }
        // The last token of a sequence is only predicted, never read.
        let longest = (0..<corpus.count).map { corpus.range($0).count - 1 }.max() ?? 0
        if let maximum = model.maximumLength, longest > maximum {
            throw TrainingError(
                "the corpus has sequences of \(longest) tokens to read, the model positions for \(maximum)")
        }
        if let decay = options.averageDecay, !(decay > 0 && decay < 1) {
            throw TrainingError("averageDecay is \(decay), outside (0, 1)")
        }
    }

    deinit {
        shards.deinitialize()
        shards.deallocate()
    }

    /// The model as it is now: with averaged weights if the options ask for them.
    package var current: Model {
        var current = model
        if let average { current.parameters = average.average }
        return current
    }

    /// The model as it is to be used: as it was evaluated best, if the options ask for that, else as it is now.
    package var result: Model {
        var result = current
        if let best { result.parameters = best.parameters }
        return result
    }

    /// The step after which ``result`` was reached.
    package var resultStep: Int { best?.step ?? completedSteps }

    /// Whether all steps are taken, or the patience is at its end.
    package var isDone: Bool {
        completedSteps >= options.steps || options.patience.map { evaluationsSinceBest >= $0 } ?? false
    }

    /// Takes up how well ``current`` did on what it doesn't learn from. Without patience nothing depends on it.
    package func take(validationLoss loss: Double) {
        guard options.patience != nil else { return }
        // Any number is better than none.
        if let best, best.loss.isNaN ? loss.isNaN : !(loss < best.loss) {
            evaluationsSinceBest += 1
            return
        }
        best = (completedSteps, loss, current.parameters)
        evaluationsSinceBest = 0
    }

    /// One update. Throws if the loss is no longer a number.
    package func step() throws(TrainingError) -> TrainingStep {
        order.take(step: completedSteps, into: &sequences)
        let scored = sequences.reduce(0) { $0 + scoredCounts[$1] }
        for index in 0..<shards.count {
            let (start, end) = (index * sequences.count / shards.count, (index + 1) * sequences.count / shards.count)
            shards[index].range = start..<end
        }
        upstream = 1 / Float(max(scored, 1))
        pool.run(shards.count, differentiateShard)
        var (loss, correct) = (0.0, 0)
        for index in 0..<shards.count {
            loss += shards[index].loss
            correct += shards[index].correct
        }
        loss /= Double(max(scored, 1))
        guard loss.isFinite else {
            throw TrainingError(
                "the loss is \(loss) at step \(completedSteps + 1): lower the learning rate, or clip gradients harder")
        }
        let factor = schedule.factor(step: completedSteps)
        let norm = optimizer.update(
            &model.parameters, gradients: gradients, scheduleFactor: factor, on: pool)
        completedSteps += 1
        average?.update(model.parameters, step: completedSteps)
        return TrainingStep(
            step: completedSteps, loss: loss, tokens: sequences.reduce(0) { $0 + corpus.range($1).count },
            scoredTokens: scored, correct: correct, gradientNorm: norm,
            learningRate: options.optimizer.learningRate * factor)
    }

    /// Runs one shard forward and backward. Lets go of the parameters before it returns, so that they are updated in place.
    private func differentiate(shard index: Int, on tape: Tape) {
        (shards[index].loss, shards[index].correct) = (0, 0)
        let (range, pieces) = (shards[index].range, options.accumulation)
        for piece in 0..<pieces {
            tape.begin(training: model.parameters, gradientsIn: gradients[index], goingOn: piece > 0)
            let own = range.count * piece / pieces..<range.count * (piece + 1) / pieces
            shards[index].batch.fill(
                from: corpus,
                sequences: sequences[range.lowerBound + own.lowerBound..<range.lowerBound + own.upperBound])
            if !shards[index].batch.targets.isEmpty {
                let dropout = DropoutStream(
                    seed: options.seed, step: completedSteps, shard: index + piece * shards.count)
                let logits = model.logits(shards[index].batch, dropout: dropout, on: tape)
                let loss = tape.softmaxCrossEntropy(
                    logits, targets: shards[index].batch.targets, smoothing: options.labelSmoothing)
                tape.backward(from: loss.variable, upstream: upstream)
                shards[index].loss += loss.sum
                shards[index].correct += loss.correct
            }
            tape.end()
        }
    }

    /// The mean loss over the scored tokens of other sequences, and the share of them that `model` would have chosen.
    ///
    /// Without dropout and smoothing, so that it is comparable from one training to another. The bits depend on the
    /// sequences alone.
    package func evaluate(_ model: Model, on corpus: TokenCorpus, sequences: Range<Int>) -> (
        loss: Double, accuracy: Double
    ) {
        let starts = Array(stride(from: sequences.lowerBound, to: sequences.upperBound, by: Self.evaluated))
        let parts = Mutex(Array(repeating: (loss: 0.0, correct: 0, scored: 0), count: starts.count))
        // No more at once than there are tapes.
        let lanes = min(pool.threads, shards.count)
        pool.run(lanes) { [tapes] lane in
            tapes.borrow { tape in
                for index in stride(from: lane, to: starts.count, by: lanes) {
                    let end = min(starts[index] + Self.evaluated, sequences.upperBound)
                    let batch = TokenBatch(corpus, sequences: starts[index]..<end)
                    guard !batch.targets.isEmpty else { continue }
                    tape.begin()
                    let logits = model.logits(batch, dropout: nil, on: tape)
                    let loss = tape.softmaxCrossEntropy(logits, targets: batch.targets)
                    parts.withLock { $0[index] = (loss.sum, loss.correct, batch.targets.count) }
                    tape.end()
                }
            }
        }
        return parts.withLock { parts in
            // Nothing to judge by is not a number, rather than perfect.
            let scored = Double(parts.reduce(0) { $0 + $1.scored })
            return (parts.reduce(0) { $0 + $1.loss } / scored, Double(parts.reduce(0) { $0 + $1.correct }) / scored)
        }
    }

    /// Sequences that are evaluated side by side.
    private static var evaluated: Int { 64 }

    /// How many tokens all steps so far read together.
    package var trainedTokens: Int {
        var order = BatchOrder(count: corpus.count, batch: options.batch, seed: options.seed)
        var taken: [Int] = []
        return (0..<completedSteps).reduce(0) { sum, step in
            order.take(step: step, into: &taken)
            return taken.reduce(sum) { $0 + corpus.range($1).count }
        }
    }

    // MARK: Interruption

    /// Everything that a later process needs to continue exactly here: weights, moments, average, step.
    package func state() -> Data { stateWriter().data() }

    /// The same in parts that share the weights and moments: to be let go of before the next step, which else copies them.
    package func stateParts() -> [Data] { stateWriter().parts }

    private func stateWriter() -> SafetensorsWriter {
        var writer = SafetensorsWriter()
        writer.add("step", [Int64(completedSteps)])
        model.parameters.save(to: &writer, prefix: "weights.")
        optimizer.first.save(to: &writer, prefix: "first.")
        optimizer.second.save(to: &writer, prefix: "second.")
        average?.average.save(to: &writer, prefix: "average.")
        if let best {
            writer.add(
                Self.bestName,
                [Int64(best.step), Int64(bitPattern: best.loss.bitPattern), Int64(evaluationsSinceBest)])
            best.parameters.save(to: &writer, prefix: "best.")
        }
        return writer
    }

    /// Continues from a state of the same model, corpus and options. If it throws, the trainer is of no further use.
    package func restore(_ state: Data) throws(SafetensorsError) {
        let file = try SafetensorsFile(state)
        let steps: [Int64] = try file.integers("step", .i64)
        guard steps.count == 1, steps[0] >= 0, steps[0] <= Int64(options.steps) else {
            throw SafetensorsError("the state is at step \(steps), the training has \(options.steps)")
        }
        let isEvaluated = options.patience != nil && file.names.contains(Self.bestName)
        let copies = 3 + (average == nil ? 0 : 1) + (isEvaluated ? 1 : 0)
        let expected = 1 + (isEvaluated ? 1 : 0) + model.parameters.entries.count * copies
        guard file.names.count == expected else {
            throw SafetensorsError("the state has \(file.names.count) tensors, this training \(expected)")
        }
        try model.parameters.load(from: file, prefix: "weights.")
        try optimizer.restore(from: file, first: "first.", second: "second.", steps: Int(steps[0]))
        if var slow = average?.average {
            try slow.load(from: file, prefix: "average.")
            average?.restore(slow)
        }
        if isEvaluated {
            let values: [Int64] = try file.integers(Self.bestName, .i64)
            guard values.count == 3, (1...steps[0]).contains(values[0]), (0...steps[0]).contains(values[2]) else {
                throw SafetensorsError("the best evaluation is \(values)")
            }
            var parameters = model.parameters
            try parameters.load(from: file, prefix: "best.")
            best = (Int(values[0]), Double(bitPattern: UInt64(bitPattern: values[1])), parameters)
            evaluationsSinceBest = Int(values[2])
        }
        completedSteps = Int(steps[0])
    }

    /// The tensor of step, loss and evaluations since.
    private static var bestName: String { "best" }
}

/// What one step reports.
package struct TrainingStep: Sendable, Equatable {
    /// Counted from 1.
    package let step: Int
    /// Mean over the scored tokens of the batch, in nats.
    package let loss: Double
    package let tokens: Int
    package let scoredTokens: Int
    /// Scored tokens that the model would have chosen.
    package let correct: Int
    /// Before clipping.
    package let gradientNorm: Float
    /// The one that the step was taken with.
    package let learningRate: Float
}

/// Training can't start or go on.
package struct TrainingError: Error, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
