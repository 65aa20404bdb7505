import Tensors

/// What the training of a composition came to, and what calm means to reach.
struct ComposingResult: Encodable {
    let anchor: String
    let augmenting: String
    let threads: Int
    let precision: String
    /// Of a step.
    let tokens: Int
    /// That are trained.
    let parameters: Int
    let contenders: [TuningResult.Contender]
    /// Seconds from the files to a composition that can run.
    let opening: Double
    let generation: ContinuationSeconds
    let goals: [TuningResult.Goal]

    init(
        anchor: String, augmenting: String, threads: Int, precision: String, tokens: Int, parameters: Int,
        contenders: [TuningResult.Contender], opening: Double, generation: ContinuationSeconds
    ) {
        (self.anchor, self.augmenting, self.threads, self.precision) = (anchor, augmenting, threads, precision)
        (self.tokens, self.parameters, self.contenders) = (tokens, parameters, contenders)
        (self.opening, self.generation) = (opening, generation)
        var goals: [TuningResult.Goal] = []
        func goal(_ text: String, _ reached: Double, _ limit: Double, isMost: Bool = false) {
            goals.append(
                TuningResult.Goal(text: text, reached: reached, isMet: isMost ? reached <= limit : reached >= limit))
        }
        if contenders.count == 4 {
            let stored = contenders[1]
            let isExact = precision == Precision.float32.rawValue
            for (peer, factor) in [(contenders[2], isExact ? 2.0 : 3), (contenders[3], 1.4)] {
                goal(
                    "stored \(factor) times \(peer.name), by processor seconds",
                    peer.processorMedian / stored.processorMedian, factor)
            }
            if isExact {
                let off = zip(contenders[0].losses, contenders[2].losses).map { abs($0 - $1) / $1 }.max() ?? .nan
                goal("each step's loss within 0.005 of PyTorch's, relatively", off, 0.005, isMost: true)
            }
        }
        goal("opening takes at most a second", opening, 1, isMost: true)
        let parts = generation.anchor + generation.augmenting
        goal("generating 0.9 times as fast as the parts one after the other", parts / generation.composed, 0.9)
        self.goals = goals
    }

    /// For people.
    var text: String {
        var lines = [
            "\(augmenting) in \(anchor), \(precision), \(threads) threads, \(tokens) tokens a step, \(parameters) parameters"
        ]
        lines += contenders.map { $0.line(tokens: tokens) }
        lines.append(
            "  64 tokens more: composition \(decimals(generation.composed, 3)) s, anchor \(decimals(generation.anchor, 3)) s, "
                + "augmenting model on the same text \(decimals(generation.augmenting, 3)) s")
        return (lines + goals.map(\.line)).joined(separator: "\n")
    }
}
