import Artifacts
import Composition
import Foundation
import LanguageModels
import NeuralNetworks
import Tensors

/// Two decoders, their connections, and the sequences that those are trained on.
struct CompositionCase {
    let augmenting: DecoderConfiguration
    let anchor: DecoderConfiguration
    let pairs: [Connection]
    let lengths: ClosedRange<Int>
    let batch: Int
    let sequences: Int
    /// Share of each sequence that is scored, at its end.
    let scoredShare = 0.5

    static func decoder(_ width: Int, _ layers: Int) -> DecoderConfiguration {
        DecoderConfiguration(vocabulary: 600, width: width, layers: layers, heads: 4, embeddingDeviation: 0.05)
    }

    static let small = CompositionCase(
        augmenting: decoder(64, 2), anchor: decoder(64, 3),
        pairs: [Connection(augmenting: 1, anchor: 0), Connection(augmenting: 1, anchor: 2)], lengths: 24...36,
        batch: 64,
        sequences: 2048)

    static let middling = CompositionCase(
        augmenting: decoder(128, 4), anchor: decoder(256, 6),
        pairs: [Connection(augmenting: 1, anchor: 2), Connection(augmenting: 3, anchor: 5)], lengths: 24...36,
        batch: 64,
        sequences: 1024)

    var corpus: TokenCorpus { randomCorpus(sequences, lengths, vocabulary: 600, scoredShare: scoredShare) }
    var steps: Int { sequences / batch }

    func model() throws -> ComposedModel {
        try ComposedModel(
            anchor: Decoder(anchor, seed: 1), augmenting: [Decoder(augmenting, seed: 2)],
            configuration: CompositionConfiguration(
                connections: [pairs], heads: anchor.heads, rotaryBase: 100, normalizesInputs: true), seed: 3)
    }

    func trainer(_ model: ComposedModel, _ corpus: TokenCorpus, threads: Int) throws -> Trainer<ComposedModel> {
        let options = TrainingOptions(
            steps: 1_000_000, batch: batch, optimizer: AdamW.Options(learningRate: 1e-3), warmup: 0, seed: 1)
        return try Trainer(model, corpus: corpus, options: options, threads: threads)
    }

    /// The activations of the whole corpus, computed into a store's file as a stage does: written, synchronised, hashed and
    /// mapped.
    func activations(
        _ model: ComposedModel, _ corpus: TokenCorpus, in store: Store, threads: Int
    ) throws -> FrozenActivations {
        let layout = model.activationLayout(of: corpus)
        let beginning = SafetensorsWriter.beginning(
            metadata: ["format": "benchmark"], floats: layout.shapes)
        let bytes = beginning.count + layout.bytes
        let data = try store.materialize(Digest(of: beginning), bytes: bytes, limit: bytes) { writer in
            try beginning.withUnsafeBytes { try writer.write($0, at: 0) }
            try model.computeActivations(of: corpus, layout, threads: threads) { tap, row, values in
                try writer.write(
                    UnsafeRawBufferPointer(values), at: beginning.count + layout.offset(tap: tap, row: row))
            }
        }
        return try FrozenActivations(layout, in: SafetensorsFile(data))
    }

    func peerModel(_ model: ComposedModel, _ bench: Bench) throws -> [String: Any] {
        [
            "anchor": try calm_bench.peerModel(model.anchor, bench, "anchor.safetensors"),
            "augmenting": try calm_bench.peerModel(model.augmenting[0], bench, "augmenting.safetensors"),
            "connections": pairs.map { [$0.augmenting, $0.anchor] }, "base": 100.0,
            "weights": try bench.write(model.safetensors(), "composition.safetensors"),
        ]
    }
}

var compositionRows: [Row] {
    [
        compositionRow("compose-first", .small, isFirst: true, goal: 1.4),
        compositionRow("compose-later", .small, isFirst: false, goal: 3),
        compositionRow("compose-d256-first", .middling, isFirst: true, goal: 1.4),
        compositionRow("compose-d256-later", .middling, isFirst: false, goal: 3),
    ]
}

/// One unit is one epoch.
private func compositionRow(_ name: String, _ workload: CompositionCase, isFirst: Bool, goal: Double) -> Row {
    let summary = """
        \(isFirst ? "the first epoch" : "a later epoch") of a composition, m_A d\(workload.augmenting.width) \
        L\(workload.augmenting.layers), m_B d\(workload.anchor.width) L\(workload.anchor.layers), \
        \(workload.sequences) sequences
        """
    return Row(name, summary, goal: goal) { bench in
        let corpus = workload.corpus
        var model = try workload.model()
        let fresh = model
        let store = try Store(opening: bench.folder.appendingPathComponent("store"), create: true)
        model.activations = try workload.activations(model, corpus, in: store, threads: bench.threads)
        let trainer = try workload.trainer(model, corpus, threads: bench.threads)
        var contenders = [
            Contender("calm", .ours) { count in
                try seconds {
                    for _ in 0..<count {
                        // The first epoch computes what the later ones read.
                        if isFirst { _ = try workload.activations(fresh, corpus, in: store, threads: bench.threads) }
                        for _ in 0..<workload.steps { _ = try trainer.step() }
                    }
                } / Double(count)
            }
        ]
        if !isFirst {
            let computing = try workload.trainer(fresh, corpus, threads: bench.threads)
            contenders.append(
                Contender("calm, nothing kept", .reference) { count in
                    try seconds { for _ in 0..<count * workload.steps { _ = try computing.step() } } / Double(count)
                })
        }
        if !isFirst { contenders += workload.ceiling.contenders(threads: bench.threads, steps: workload.steps) }
        guard bench.peer != nil else { return contenders }
        let theirs = try peers(bench, loss: firstLoss(fresh, corpus, workload.batch)) { id, isCompiled in
            [
                "do": "train", "id": id, "compile": isCompiled, "bf16": false, "batch": workload.batch,
                "corpus": try bench.write(corpus.safetensors(), "corpus.safetensors"),
                "model": try workload.peerModel(fresh, bench),
            ]
        }
        return contenders
            + theirs.map { peer in
                Contender(peer.name, .peer) { try peer.measure($0 * workload.steps) * Double(workload.steps) }
            }
    }
}

private func firstLoss(_ model: ComposedModel, _ corpus: TokenCorpus, _ count: Int) -> Double {
    let batch = TokenBatch(corpus, sequences: 0..<count)
    let tape = Tape()
    tape.begin()
    let loss = tape.softmaxCrossEntropy(model.logits(batch, dropout: nil, on: tape), targets: batch.targets)
    return loss.sum / Double(batch.targets.count)
}
