import Foundation
import Glibc
import LanguageModels
import NeuralNetworks
import Tensors

/// The further training of one model, done by everyone in turns.
struct TuningContest {
    let path: String
    let python: String
    let threads: Int
    let steps: Int
    let precision: Precision
    let accumulation: Int
    let recomputes: Bool
    let compiles: Bool

    private static let (sequences, length) = (4, 256)
    private static let (rate, decay, warmup): (Float, Float, Int) = (1e-4, 0.01, 2)

    func result(say: (String) -> Void) throws -> TuningResult {
        let (corpus, ids) = try corpus()
        // Nobody else holds the model: its weights are changed in place.
        let trainer = try Trainer(
            PretrainedModel(path).decoder.trainable, corpus: corpus, options: options, threads: threads)
        var contenders = [TuningResult.Contender(name: "calm")]
        var peers: [PeerProcess] = []
        for name in ["eager"] + (compiles ? ["compiled"] : []) {
            let peer = try PeerProcess(
                python: python, threads: threads,
                script: PackageResources.PeerRequests_py + PackageResources.TuningPeer_py, hello: ["do": "hello"]
            ) { "no PyTorch with transformers at \($0): name an interpreter that has them with --python" }
            _ = try peer.ask([
                "do": "open", "model": path, "threads": threads, "compiled": name == "compiled",
                "precision": precision.rawValue, "rate": Double(Self.rate), "decay": Double(Self.decay), "ids": ids,
            ])
            say("\(name): \(peer.version)")
            peers.append(peer)
            contenders.append(TuningResult.Contender(name: name))
        }
        let schedule = LearningRateSchedule(shape: .cosine, warmup: Self.warmup, steps: steps, hold: 0)
        for step in 0..<steps {
            try contenders[0].measure { try trainer.step().loss }
            for (index, peer) in peers.enumerated() {
                let answer = try peer.ask(["do": "step", "factor": Double(schedule.factor(step: step))])
                try contenders[index + 1].add(answer)
            }
        }
        return TuningResult(
            model: URL(fileURLWithPath: path).lastPathComponent, threads: threads, precision: precision.rawValue,
            accumulation: accumulation, recomputes: recomputes, tokens: Self.sequences * Self.length,
            contenders: contenders)
    }

    private var options: TrainingOptions {
        TrainingOptions(
            steps: steps, batch: Self.sequences,
            optimizer: AdamW.Options(
                learningRate: Self.rate, decay: Self.decay, rules: [AdamW.Rule(name: "embedding", decay: 0)]),
            warmup: Self.warmup, seed: 0, precision: precision, accumulation: accumulation, recomputation: recomputes)
    }

    /// Sentences that a model can learn, in sequences of one length.
    private func corpus() throws -> (TokenCorpus, ids: [[Int]]) {
        let interface = try TextInterface(PretrainedModel.Checkpoint(path))
        let text = (0..<400).map { "Town \($0) lies \($0 * 7 % 40) miles from the sea. " }.joined()
        let all = try interface.tokenizer.encode(text).map(\.id)
        var corpus = TokenCorpus(vocabulary: interface.tokenizer.vocabularyCount)
        let length = Self.length + 1
        let sequences = (0..<Self.sequences).map { Array(all[$0 * length..<($0 + 1) * length]) }
        for ids in sequences {
            corpus.append(ids, scored: ids.indices.map { $0 > 0 }, byteOffsets: ids.indices.map { Int32($0) })
        }
        return (corpus, sequences.map { $0.map(Int.init) })
    }
}
