import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// A decoder and the sequences that it is trained on.
struct TrainingCase {
    let width: Int
    let layers: Int
    let heads: Int
    /// Tokens of each sequence that are read.
    let lengths: ClosedRange<Int>
    let batch: Int
    var vocabulary = 512
    /// Share of each sequence that is scored, at its end.
    var scoredShare = 1.0
    var precision = Precision.float32

    static let d128 = TrainingCase(width: 128, layers: 4, heads: 4, lengths: 48...48, batch: 64)
    static let d256 = TrainingCase(width: 256, layers: 6, heads: 8, lengths: 64...64, batch: 32)
    static let d512 = TrainingCase(width: 512, layers: 8, heads: 8, lengths: 128...128, batch: 8)

    static func small(layers: Int) -> TrainingCase {
        TrainingCase(
            width: 64, layers: layers, heads: 4, lengths: 24...48, batch: 64, vocabulary: 600,
            scoredShare: 0.5)
    }

    var configuration: DecoderConfiguration {
        DecoderConfiguration(
            vocabulary: vocabulary, width: width, layers: layers, heads: heads, embeddingDeviation: 0.05)
    }

    /// As many batches of random sequences.
    func corpus(batches: Int = 8) -> TokenCorpus {
        randomCorpus(batches * batch, lengths, vocabulary: vocabulary, scoredShare: scoredShare)
    }

    var options: TrainingOptions {
        TrainingOptions(
            steps: 1_000_000, batch: batch, optimizer: AdamW.Options(learningRate: 1e-3), warmup: 0, seed: 1,
            precision: precision)
    }

    func trainer(threads: Int) throws -> Trainer<Decoder> {
        try Trainer(Decoder(configuration, seed: 1), corpus: corpus(), options: options, threads: threads)
    }

    /// What PyTorch needs to make the same.
    func request(_ bench: Bench, id: String, isCompiled: Bool) throws -> [String: Any] {
        [
            "do": "train", "id": id, "compile": isCompiled, "bf16": precision == .bfloat16, "batch": batch,
            "corpus": try bench.write(corpus().safetensors(), "corpus.safetensors"),
            "model": try peerModel(Decoder(configuration, seed: 1), bench, "weights.safetensors"),
        ]
    }
}

/// Random ids, in sequences that read `lengths` tokens and score so much of them, at their end.
func randomCorpus(
    _ count: Int, _ lengths: ClosedRange<Int>, vocabulary: Int, scoredShare: Double
) -> TokenCorpus {
    var corpus = TokenCorpus(vocabulary: vocabulary)
    var random = RandomGenerator(seed: 3, "benchmark")
    for _ in 0..<count {
        let length = lengths.lowerBound + random.integer(below: lengths.count) + 1
        let ids = (0..<length).map { _ in Int32(random.integer(below: vocabulary)) }
        let prompt = Int(Double(length - 1) * (1 - scoredShare))
        corpus.append(ids, scored: ids.indices.map { $0 > prompt }, byteOffsets: ids.map { _ in 0 })
    }
    return corpus
}

/// A decoder as PyTorch is told of it.
func peerModel(_ decoder: Decoder, _ bench: Bench, _ file: String) throws -> [String: Any] {
    let c = decoder.configuration
    return [
        "width": c.width, "layers": c.layers, "heads": c.heads, "hidden": c.hiddenWidth, "vocabulary": c.vocabulary,
        "weights": try bench.write(decoder.safetensors(), file),
    ]
}

var trainingRows: [Row] {
    [
        trainingRow("train-d128", .d128, goal: 1.3, ceilingGoal: 0.85),
        trainingRow("train-d256", .d256, goal: 1.15, ceilingGoal: 0.9),
        trainingRow("train-d512", .d512, goal: 1.08, ceilingGoal: 0.93),
        trainingRow("small-d64-L2", .small(layers: 2), goal: 2),
        trainingRow("small-d64-L3", .small(layers: 3), goal: 2),
        bfloat16Row("bf16-d512", .d512, goal: 1.15),
        threadsRow("threads-d128", .d128),
        threadsRow("threads-d512", .d512),
    ]
}

private func trainingRow(
    _ name: String, _ workload: TrainingCase, goal: Double, ceilingGoal: Double? = nil
) -> Row {
    let lengths = workload.lengths
    let tokens = lengths.count == 1 ? "T\(lengths.lowerBound)" : "T\(lengths.lowerBound)–\(lengths.upperBound)"
    return Row(
        name, "a training step, d\(workload.width) L\(workload.layers) \(tokens) B\(workload.batch), fp32", goal: goal,
        ceilingGoal: ceilingGoal, operations: ceilingGoal == nil ? nil : workload.ceiling.operations
    ) { bench in
        var contenders = [stepping("calm", .ours, try workload.trainer(threads: bench.threads))]
        contenders += try trainingPeers(bench, workload)
        if ceilingGoal != nil { contenders += workload.ceiling.contenders(threads: bench.threads) }
        return contenders
    }
}

private func bfloat16Row(_ name: String, _ workload: TrainingCase, goal: Double) -> Row {
    var rounded = workload
    rounded.precision = .bfloat16
    let summary = "a training step, d\(workload.width) L\(workload.layers), bf16 products against bf16 autocast"
    return Row(name, summary, goal: goal, operations: workload.ceiling.operations) { [rounded] bench in
        bench.note(BFloat16Product.isNative ? "bf16 by the processor" : "this processor has no bf16 products")
        let (fine, coarse) = (try workload.trainer(threads: bench.threads), try rounded.trainer(threads: bench.threads))
        var worst = 0.0
        for _ in 0..<20 {
            let (one, other) = (try fine.step().loss, try coarse.step().loss)
            worst = max(worst, abs(one - other) / one)
        }
        bench.note("over 20 steps the losses differ from fp32's by at most \(decimals(worst * 100, 3))%")
        return [
            stepping("calm", .ours, try rounded.trainer(threads: bench.threads)),
            stepping("calm in fp32", .reference, try workload.trainer(threads: bench.threads)),
        ] + (try trainingPeers(bench, rounded))
    }
}

private func threadsRow(_ name: String, _ workload: TrainingCase) -> Row {
    Row(name, "a training step on all threads against one, d\(workload.width)", goal: 1.9) { bench in
        [
            stepping("calm", .ours, try workload.trainer(threads: bench.threads)),
            stepping("calm on one thread", .reference, try workload.trainer(threads: 1)),
        ]
    }
}

private func stepping(_ name: String, _ role: Contender.Role, _ trainer: Trainer<Decoder>) -> Contender {
    Contender(name, role) { count in
        try seconds { for _ in 0..<count { _ = try trainer.step() } } / Double(count)
    }
}

private func trainingPeers(_ bench: Bench, _ workload: TrainingCase) throws -> [Contender] {
    guard bench.peer != nil else { return [] }
    let loss = try firstLoss(Decoder(workload.configuration, seed: 1), workload)
    return try peers(bench, loss: loss) { try workload.request(bench, id: $0, isCompiled: $1) }
}

/// Eager and compiled PyTorch at the same work. Notes how far its first loss is from ours.
func peers(
    _ bench: Bench, loss: Double, _ request: (_ id: String, _ isCompiled: Bool) throws -> [String: Any]
) throws -> [Contender] {
    guard let peer = bench.peer else { return [] }
    var contenders: [Contender] = []
    for (id, isCompiled) in [("PyTorch eager", false), ("PyTorch compiled", true)]
    where !isCompiled || bench.usesCompiler {
        do {
            let theirs = try peer.number("loss", of: request(id, isCompiled))
            if !isCompiled { bench.note("first loss \(decimals(loss, 5)), PyTorch's \(decimals(theirs, 5))") }
            contenders.append(asking(peer, id))
        } catch let error as PeerError where isCompiled {
            bench.note("not compiled: \(error.description)")
        }
    }
    return contenders
}

func asking(_ peer: PeerProcess, _ id: String) -> Contender {
    Contender(id, .peer) { count in
        try peer.number("seconds", of: ["do": "run", "id": id, "count": count]) / Double(count)
    }
}

/// The loss of the first sequences before any training.
private func firstLoss(_ model: some CausalLanguageModel, _ workload: TrainingCase) throws -> Double {
    let batch = TokenBatch(workload.corpus(), sequences: 0..<workload.batch)
    let tape = Tape(precision: workload.precision)
    tape.begin()
    let loss = tape.softmaxCrossEntropy(model.logits(batch, dropout: nil, on: tape), targets: batch.targets)
    return loss.sum / Double(batch.targets.count)
}
