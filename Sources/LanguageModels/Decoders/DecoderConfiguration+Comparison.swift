import Tensors

extension DecoderConfiguration {
    /// What decoders of this and another configuration would compute differently, as far as the way their weights are stored
    /// isn't all: names of properties.
    func differences(from other: DecoderConfiguration) -> [String] {
        var names: [String] = []
        func compare(_ name: String, _ isSame: Bool) { if !isSame { names.append(name) } }
        func isClose(_ a: Float?, _ b: Float?) -> Bool {
            guard let a, let b else { return a == nil && b == nil }
            return abs(a - b) <= 1e-5 * max(abs(a), abs(b))
        }
        compare("vocabulary", vocabulary == other.vocabulary && outputVocabulary == other.outputVocabulary)
        compare("width", width == other.width)
        compare("layers", layers == other.layers)
        compare("heads", heads == other.heads && keyValueHeads == other.keyValueHeads && headWidth == other.headWidth)
        compare("width of the MLP", hiddenWidth == other.hiddenWidth)
        compare("epsilon of the norms", isClose(normEpsilon, other.normEpsilon))
        compare("head", tiedHead == other.tiedHead)
        compare("learned positions", learnedPositions == other.learnedPositions)
        let (a, b) = (variant, other.variant)
        compare(
            "norms",
            a.norm == b.norm && a.normalizesHeads == b.normalizesHeads && a.normalizesOutputs == b.normalizesOutputs)
        compare(
            "biases",
            a.hasAttentionBias == b.hasAttentionBias && a.hasAttentionOutputBias == b.hasAttentionOutputBias
                && a.hasMLPBias == b.hasMLPBias)
        compare("activation", a.activation == b.activation && a.isGated == b.isGated)
        let scale = 1 / Float(headWidth).squareRoot()
        compare("scale of the scores", isClose(a.scoreScale ?? scale, b.scoreScale ?? scale))
        compare("caps", isClose(a.scoreCap, b.scoreCap) && isClose(a.logitCap, b.logitCap))
        compare("scale of the embeddings", isClose(a.embeddingScale, b.embeddingScale))
        guard layers == other.layers else { return names }
        compare(
            "windows",
            (0..<layers).allSatisfy { attentionHeads(layer: $0).window == other.attentionHeads(layer: $0).window })
        compare(
            "rotary positions",
            (0..<layers).allSatisfy { layer in
                guard let mine = rotaryPositions(layer: layer), let theirs = other.rotaryPositions(layer: layer) else {
                    return rotaryPositions(layer: layer) == other.rotaryPositions(layer: layer)
                }
                let (one, two) = (mine.single(of: headWidth), theirs.single(of: other.headWidth))
                return one.count == two.count && zip(one, two).allSatisfy(isClose) && isClose(mine.scale, theirs.scale)
                    && mine.longest == theirs.longest
            })
        return names
    }
}

extension RotaryPositions {
    fileprivate func single(of width: Int) -> [Float] {
        switch frequencies {
        case .base(let base): Self.frequencies(base: base, turned: width)
        case .single(let frequencies): frequencies
        }
    }
}
