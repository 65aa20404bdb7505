import LanguageModels
import Tensors

var decodingRows: [Row] {
    [
        decodingRow("decode-d64", "64 greedy answers of 24 tokens a batch, d64 L3", prompts: 256) {
            let model = try Decoder(CompositionCase.small.anchor, seed: 1)
            return (model, { try peerModel(model, $0, "decoded.safetensors") })
        },
        decodingRow("decode-composed", "the same by a composed model", prompts: 256) {
            let model = try CompositionCase.small.model()
            return (model, { try CompositionCase.small.peerModel(model, $0) })
        },
    ]
}

/// One unit is all prompts, answered in batches of 64.
private func decodingRow<Model: CausalLanguageModel>(
    _ name: String, _ summary: String, prompts count: Int,
    make: @escaping () throws -> (Model, (Bench) throws -> [String: Any])
) -> Row {
    let (length, new) = (12, 24)
    return Row(name, summary, goal: 3) { bench in
        let (model, describe) = try make()
        var random = RandomGenerator(seed: 4, "prompts")
        let prompts = (0..<count).map { _ in (0..<length).map { _ in Int32(random.integer(below: 600)) } }
        func decoding(_ name: String, _ role: Contender.Role, _ precision: Precision) -> Contender {
            Contender(name, role) { count in
                // No model says this id, so all answers are as long as allowed.
                try seconds {
                    for _ in 0..<count {
                        let answers = generateGreedy(
                            model, prompts: prompts, maximumNewTokens: new, stops: [], threads: bench.threads,
                            precision: precision)
                        guard answers.allSatisfy({ $0.count == new }) else { throw PeerError("an answer is short") }
                    }
                } / Double(count)
            }
        }
        var contenders = [decoding("calm", .ours, .float32), decoding("calm in bf16", .reference, .bfloat16)]
        guard let peer = bench.peer else { return contenders }
        let ours = generateGreedy(model, prompts: Array(prompts.prefix(64)), maximumNewTokens: new, stops: [])
        for (id, isCompiled) in [("PyTorch eager", false), ("PyTorch compiled", true)]
        where !isCompiled || bench.usesCompiler {
            do {
                let answer = try peer.ask([
                    "do": "decode", "id": id, "compile": isCompiled, "batch": 64, "new": new,
                    "prompts": prompts.map { $0.map(Int.init) }, "model": try describe(bench),
                ])
                let theirs = (answer["answers"] as? [[Int]]) ?? []
                let same = zip(ours, theirs).reduce(0) { $0 + zip($1.0, $1.1).count { Int($0) == $1 } }
                if !isCompiled { bench.note("of the first \(theirs.count * new) tokens \(same) are the same") }
                contenders.append(asking(peer, id))
            } catch let error as PeerError where isCompiled {
                bench.note("not compiled: \(error.description)")
            }
        }
        return contenders
    }
}
