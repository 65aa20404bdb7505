import Composition
import Foundation
import Glibc
import LanguageModels
import NeuralNetworks
import Tensors
import Tokenization

/// The training of one composition, done by everyone in turns, and its generation beside that of its parts.
struct ComposingContest {
    let anchor: String
    let augmenting: String
    let connections: [[Int]]
    /// Nil to leave others out.
    let python: String?
    let threads: Int
    let steps: Int
    let precision: Precision

    private static let (sequences, length) = (4, 128)
    private static let (rate, decay, warmup): (Float, Float, Int) = (3e-4, 0.01, 2)
    private static let rotaryBase: Float = 10_000

    func result(say: (String) -> Void) throws -> ComposingResult {
        let opened = ContinuousClock.now
        let parts = try (TextModel(path: anchor), TextModel(path: augmenting))
        guard let own = parts.0.pretrained?.decoder, let other = parts.1.pretrained?.decoder else {
            throw PeerError("expected two models from outside")
        }
        // What a token sees of a word that goes on is nothing, so that everyone reads the same rows.
        let alignment = TextAlignment(
            anchor: parts.0.text.tokenizer, augmenting: parts.1.text.tokenizer, openChunk: .hidden)
        var model = try ComposedModel(
            anchor: own, augmenting: [other], alignments: [alignment], configuration: configuration(own), seed: 0)
        let opening = (ContinuousClock.now - opened) / .seconds(1)

        let (corpus, ids) = try corpus(parts.0.text)
        model.aligned = model.align(corpus)
        let unstored = try Trainer(model, corpus: corpus, options: options, threads: threads)
        var kept = model
        kept.activations = try activations(of: model, corpus)
        let stored = try Trainer(kept, corpus: corpus, options: options, threads: threads)

        var contenders = [TuningResult.Contender(name: "calm"), TuningResult.Contender(name: "calm, stored")]
        var peer: PeerProcess?
        if let python {
            peer = try open(python, model, corpus, alignment, ids)
            say(peer?.version ?? "")
            contenders += [TuningResult.Contender(name: "PyTorch"), TuningResult.Contender(name: "PyTorch, stored")]
        }
        let schedule = LearningRateSchedule(shape: .cosine, warmup: Self.warmup, steps: steps, hold: 0)
        for step in 0..<steps {
            for (index, trainer) in [unstored, stored].enumerated() {
                try contenders[index].measure { try trainer.step().loss }
            }
            guard let peer else { continue }
            for (index, isStored) in [false, true].enumerated() {
                let answer = try peer.ask([
                    "do": "step", "factor": Double(schedule.factor(step: step)), "stored": isStored,
                ])
                try contenders[2 + index].add(answer)
            }
        }
        return ComposingResult(
            anchor: URL(fileURLWithPath: anchor).lastPathComponent,
            augmenting: URL(fileURLWithPath: augmenting).lastPathComponent, threads: threads,
            precision: precision.rawValue, tokens: Self.sequences * Self.length, parameters: model.parameters.count,
            contenders: contenders, opening: opening,
            generation: try ContinuationSeconds(model, parts, alignment, threads: threads))
    }

    private func configuration(_ anchor: Decoder) -> CompositionConfiguration {
        CompositionConfiguration(
            connections: [connections.map { Connection(augmenting: $0[0], anchor: $0[1]) }],
            heads: anchor.configuration.heads, rotaryBase: Self.rotaryBase, normalizesInputs: true, openChunk: .hidden)
    }

    private var options: TrainingOptions {
        TrainingOptions(
            steps: steps, batch: Self.sequences,
            optimizer: AdamW.Options(learningRate: Self.rate, decay: Self.decay, rules: []), warmup: Self.warmup,
            seed: 0, precision: precision)
    }

    /// Sentences that a model can learn, in sequences of one length.
    private func corpus(_ text: TextInterface) throws -> (TokenCorpus, ids: [[Int]]) {
        let words = (0..<400).map { "Town \($0) lies \($0 * 7 % 40) miles from the sea, and nobody goes there. " }
        let all = try text.tokenizer.encode(words.joined()).map(\.id)
        var corpus = TokenCorpus(vocabulary: text.tokenizer.vocabularyCount)
        let length = Self.length + 1
        let sequences = (0..<Self.sequences).map { Array(all[$0 * length..<($0 + 1) * length]) }
        for ids in sequences {
            corpus.append(ids, scored: ids.indices.map { $0 > 0 }, byteOffsets: ids.indices.map { Int32($0) })
        }
        return (corpus, sequences.map { $0.map(Int.init) })
    }

    private func activations(of model: ComposedModel, _ corpus: TokenCorpus) throws -> FrozenActivations {
        let layout = model.activationLayout(of: corpus)
        let beginning = SafetensorsWriter.beginning(metadata: [:], floats: layout.shapes)
        var data = beginning + Data(count: layout.bytes)
        try data.withUnsafeMutableBytes { bytes in
            nonisolated(unsafe) let target = bytes
            try model.computeActivations(of: corpus, layout, threads: threads, precision: precision) {
                tap, row, values in
                let offset = beginning.count + layout.offset(tap: tap, row: row)
                UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: .init(values))
            }
        }
        return try FrozenActivations(layout, in: SafetensorsFile(data))
    }

    private func open(
        _ python: String, _ model: ComposedModel, _ corpus: TokenCorpus, _ alignment: TextAlignment, _ ids: [[Int]]
    ) throws -> PeerProcess {
        let peer = try PeerProcess(
            python: python, threads: threads,
            script: PackageResources.PeerRequests_py + PackageResources.ComposingPeer_py, hello: ["do": "hello"]
        ) { "no PyTorch with transformers at \($0): name an interpreter that has them with --python" }
        let weights = FileManager.default.temporaryDirectory.appendingPathComponent(
            "calm-bench-\(UUID().uuidString).safetensors")
        try model.safetensors().write(to: weights)
        defer { try? FileManager.default.removeItem(at: weights) }
        let stretches = ids.map { ids in
            var text = AlignedText(alignment)
            return text.read(ids.dropLast().map(Int32.init))
        }
        _ = try peer.ask([
            "do": "open", "anchor": anchor, "augmenting": augmenting, "weights": weights.path, "threads": threads,
            "precision": precision.rawValue, "rate": Double(Self.rate), "decay": Double(Self.decay), "ids": ids,
            "own": stretches.map { $0.tokens.map(Int.init) },
            "positions": stretches.map { $0.anchorPositions.map(Int.init) },
            "cuts": stretches.map { $0.sights.map(\.cut) }, "connections": connections,
            "heads": model.configuration.heads, "base": Double(Self.rotaryBase),
        ])
        return peer
    }
}

/// Seconds that continuing a text takes: the composition for some tokens, and each part for its own tokens of the same bytes.
struct ContinuationSeconds: Encodable {
    let composed: Double
    let anchor: Double
    let augmenting: Double

    private static let tokens = 64
    private static let repeats = 5

    init(
        _ model: ComposedModel, _ parts: (anchor: TextModel, augmenting: TextModel), _ alignment: TextAlignment,
        threads: Int
    ) throws {
        let text = (0..<8).map { "Town \($0) lies \($0 * 7 % 40) miles from the sea, and nobody goes there. " }.joined()
        let own = try parts.anchor.text.tokenizer.encode(text).map(\.id)
        let read = min(64, own.count / 2)
        // What the augmenting model reads beside so many of the anchor's tokens.
        var (front, all) = (AlignedText(alignment), AlignedText(alignment))
        _ = front.read(own.prefix(read))
        _ = all.read(own.prefix(min(own.count, read + Self.tokens)))
        let others = try parts.augmenting.text.tokenizer.encode(text).map(\.id)
        let pool = WorkerPool(threads: threads)
        func seconds(_ model: some CausalLanguageModel, _ ids: [Int32], first: Int, then count: Int) -> Double {
            (0..<Self.repeats).map { _ in
                var state = model.makeState(sequences: 1, capacity: first + count, precision: .float32)
                state.tape.frozenProducts = FrozenProducts(roundsActivations: true, pool: pool)
                _ = model.advance([Array(ids.prefix(first))], state: &state, isEnding: { false }) { _, _ in }
                let start = ContinuousClock.now
                // The text's own tokens, so that everyone reads the same.
                for id in ids.dropFirst(first).prefix(count) {
                    _ = model.advance([[id]], state: &state, isEnding: { false }) { _, _ in }
                }
                return (ContinuousClock.now - start) / .seconds(1)
            }.sorted()[Self.repeats / 2]
        }
        guard let anchor = parts.anchor.pretrained?.decoder, let augmenting = parts.augmenting.pretrained?.decoder
        else { throw PeerError("expected two models from outside") }
        self.anchor = seconds(anchor, own, first: read, then: Self.tokens)
        self.augmenting = seconds(augmenting, others, first: front.count, then: all.count - front.count)
        composed = seconds(model, own, first: read, then: Self.tokens)
    }
}
