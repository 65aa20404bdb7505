import Tensors
import Testing

/// Packed sequences of 1, 5 and 2 queries over 3, 5 and 1 keys with gaps, in odd visibility, one row seeing nothing.
private let raggedPattern = AttentionPattern(
    sequences: [(0..<1, 0..<3), (1..<6, 3..<8), (6..<8, 8..<9)], visible: [2, 0, 1, 5, 3, 4, 1, 1])

/// Every operation, on odd shapes. A row here is part of adding an operation.
private let cases: [GradientCase] = [
    GradientCase(name: "linear 1x1", inputs: [[1, 1]], parameters: [[1, 1]]) { $0.linear($1[0], $2[0]) },
    GradientCase(name: "linear 7x5 to 3", inputs: [[7, 5]], parameters: [[3, 5]]) { $0.linear($1[0], $2[0]) },
    GradientCase(name: "linear with bias and residual", inputs: [[7, 5], [7, 3]], parameters: [[3, 5], [1, 3]]) {
        $0.linear($1[0], $2[0], bias: $2[1], residual: $1[1])
    },
    GradientCase(name: "linear whose residual is its own input", inputs: [[5, 3]], parameters: [[3, 3]]) {
        $0.linear($0.gelu($1[0]), $2[0], residual: $1[0])
    },
    GradientCase(name: "linear on the first rows of a weight", inputs: [[4, 3]], parameters: [[5, 3]]) {
        $0.linear($1[0], $2[0].slice(0..<2))
    },
    GradientCase(name: "linear on rows within a weight", inputs: [[4, 3]], parameters: [[5, 3]]) {
        $0.linear($1[0], $2[0].slice(1..<4))
    },
    GradientCase(name: "linear on two parts of a weight", inputs: [[4, 3]], parameters: [[4, 3]]) {
        $0.add($0.linear($1[0], $2[0].slice(2..<4)), $0.linear($1[0], $2[0].slice(0..<2)))
    },
    GradientCase(name: "embedding with a repeated id", inputs: [], parameters: [[5, 3]]) { tape, _, w in
        tape.embedding([4, 0, 4, 1], w[0])
    },
    GradientCase(name: "rms norm", inputs: [[7, 13]]) { tape, x, _ in tape.rmsNorm(x[0], epsilon: 1e-5) },
    GradientCase(name: "rms norm with gain", inputs: [[3, 17]], parameters: [[1, 17]]) {
        $0.rmsNorm($1[0], gain: $2[0], epsilon: 1e-5)
    },
    GradientCase(name: "rms norm beside its input", inputs: [[3, 5]], parameters: [[1, 5]]) {
        $0.add($0.rmsNorm($1[0], gain: $2[0], epsilon: 1e-5), $1[0])
    },
    GradientCase(name: "rms norm without gain beside its input", inputs: [[3, 5]]) { tape, x, _ in
        tape.add(tape.rmsNorm(x[0], epsilon: 1e-5), x[0])
    },
    GradientCase(name: "rows in place of constant ones, from two columns", inputs: [[3, 5]]) { tape, x, _ in
        let buffer = FloatStorage(count: 4 * 6)
        for index in 0..<24 { buffer.base[index] = Float(index) / 10 }
        func replaced(_ first: Int, _ from: Int) -> Variable {
            tape.replacingRows(
                of: buffer, first: first, stride: 6, columns: 2, by: x[0].columns(from: from), rows: [3, 0, 1])
        }
        return tape.add(tape.gelu(replaced(0, 3)), replaced(4, 2))
    },
    GradientCase(name: "rotary", inputs: [[5, 14]]) { tape, x, _ in
        tape.rotate(x[0].columns(from: 2), heads: 2, width: 6, positions: [0, 1, 2, 70, 3], RotaryPositions(base: 100))
        return tape.scale(x[0], by: 1)
    },
    GradientCase(name: "attention, ragged, heads of 5", inputs: [[8, 15], [9, 15], [9, 15]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[1].columns(from: 0), values: x[2].columns(from: 0),
            heads: AttentionHeads(count: 3, width: 5), pattern: raggedPattern)
    },
    GradientCase(name: "attention with holes, windows and a cap", inputs: [[4, 10], [9, 10], [9, 10]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[1].columns(from: 0), values: x[2].columns(from: 0),
            heads: AttentionHeads(count: 2, width: 5, window: 4, cap: 3),
            pattern: AttentionPattern(
                sequences: [(0..<1, 0..<4), (1..<4, 4..<9)], visible: [4, 5, 3, 4], holes: [1..<3, 2..<4, 0..<1, 3..<3])
        )
    },
    GradientCase(name: "attention, causal, fused, heads of 16", inputs: [[21, 96]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[0].columns(from: 32), values: x[0].columns(from: 64),
            heads: AttentionHeads(count: 2, width: 16), pattern: .causal(offsets: [0, 18, 18, 19, 21]))
    },
    GradientCase(name: "attention, one head of 1", inputs: [[3, 3]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[0].columns(from: 1), values: x[0].columns(from: 2),
            heads: AttentionHeads(count: 1, width: 1), pattern: .causal(offsets: [0, 3]))
    },
    GradientCase(name: "rotary, adjacent pairs of a part", inputs: [[5, 14]]) { tape, x, _ in
        tape.rotate(
            x[0].columns(from: 0), heads: 2, width: 7, positions: [0, 1, 2, 70, 3],
            RotaryPositions(.single([1, 0.3]), pairing: .adjacent, scale: 1.2))
        return tape.scale(x[0], by: 1)
    },
    GradientCase(name: "attention, shared keys, window, cap", inputs: [[8, 20], [9, 10], [9, 10]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[1].columns(from: 0), values: x[2].columns(from: 0),
            heads: AttentionHeads(count: 4, keyValueCount: 2, width: 5, window: 2, scale: 0.7, cap: 1.5),
            pattern: raggedPattern)
    },
    GradientCase(name: "attention, causal, shared keys, window", inputs: [[41, 96]]) { tape, x, _ in
        tape.attention(
            queries: x[0].columns(from: 0), keys: x[0].columns(from: 64), values: x[0].columns(from: 80),
            heads: AttentionHeads(count: 4, keyValueCount: 1, width: 16, window: 19),
            pattern: .causal(offsets: [0, 38, 38, 39, 41]))
    },
    GradientCase(name: "layer norm", inputs: [[7, 13]], parameters: [[1, 13], [1, 13]]) {
        $0.layerNorm($1[0], gain: $2[0], bias: $2[1], epsilon: 1e-5)
    },
    GradientCase(name: "layer norm beside its input", inputs: [[3, 5]], parameters: [[1, 5], [1, 5]]) {
        $0.add($0.layerNorm($1[0], gain: $2[0], bias: $2[1], epsilon: 1e-5), $1[0])
    },
    GradientCase(name: "gate with silu", inputs: [[3, 14]]) { tape, x, _ in tape.gate(x[0], .silu) },
    GradientCase(name: "gate with gelu", inputs: [[3, 14]]) { tape, x, _ in tape.gate(x[0], .gelu) },
    GradientCase(name: "gate beside its input", inputs: [[3, 14]]) { tape, x, _ in
        tape.add(tape.reshape(tape.gate(x[0], .silu), columns: 7), tape.gate(x[0], .gelu))
    },
    GradientCase(name: "soft cap", inputs: [[3, 7]]) { tape, x, _ in tape.softCap(x[0], 1.3) },
    GradientCase(name: "soft cap beside its input", inputs: [[3, 7]]) { tape, x, _ in
        tape.add(tape.softCap(x[0], 1.3), x[0])
    },
    GradientCase(name: "reshape", inputs: [[4, 6]], parameters: [[1, 3]]) {
        $0.reshape($0.rmsNorm($0.reshape($1[0], columns: 3), gain: $2[0], epsilon: 1e-5), columns: 6)
    },
    GradientCase(name: "gelu", inputs: [[5, 7]]) { tape, x, _ in tape.gelu(x[0]) },
    GradientCase(name: "gelu beside its input", inputs: [[5, 7]]) { tape, x, _ in tape.add(tape.gelu(x[0]), x[0]) },
    GradientCase(name: "dropout", inputs: [[5, 7]]) { tape, x, _ in
        tape.dropout(x[0], rate: 0.4, DropoutStream(seed: 1, step: 2, shard: 3))
    },
    GradientCase(name: "dropout beside its input", inputs: [[5, 7]]) { tape, x, _ in
        tape.add(tape.dropout(x[0], rate: 0.4, DropoutStream(seed: 1, step: 2, shard: 3)), x[0])
    },
    GradientCase(name: "gather rows, one twice", inputs: [[5, 3]]) { tape, x, _ in tape.gatherRows(x[0], [3, 3, 0]) },
    GradientCase(name: "add to itself", inputs: [[2, 3]]) { tape, x, _ in tape.add(x[0], x[0]) },
    GradientCase(name: "scale beside its input", inputs: [[2, 3]]) { tape, x, _ in
        tape.add(tape.scale(x[0], by: -2.5), x[0])
    },
    GradientCase(name: "cross-entropy", inputs: [[4, 7]]) { tape, x, _ in
        tape.softmaxCrossEntropy(x[0], targets: [6, 0, 3, 3]).variable
    },
    GradientCase(name: "smoothed cross-entropy", inputs: [[4, 7]]) { tape, x, _ in
        tape.softmaxCrossEntropy(x[0], targets: [6, 0, 3, 3], smoothing: 0.3).variable
    },
    GradientCase(name: "cross-entropy of one class, twice", inputs: [[3, 5]]) { tape, x, _ in
        tape.add(
            tape.softmaxCrossEntropy(x[0], targets: [0, 1, 2]).variable,
            tape.softmaxCrossEntropy(x[0], targets: [4, 1, 0]).variable)
    },
]

@Suite("gradients")
struct GradientTests {
    /// fp32 differences with a step of 1e-2 carry about 1e-3 of error relative to the largest slope.
    static let tolerance: Float = 4e-3

    @Test("every operation's gradient agrees with finite differences", arguments: cases)
    func agreesWithDifferences(_ test: GradientCase) {
        #expect(GradientCheck.error(of: test, seed: 5) < Self.tolerance)
    }

    @Test("a gradient that is 2% wrong is caught", arguments: cases)
    func wrongIsCaught(_ test: GradientCase) {
        #expect(GradientCheck.error(of: test, seed: 5, tamper: 1.02) > Self.tolerance)
    }

    @Test("a frozen set gets no gradient, and what is below the first trained thing is not recorded")
    func frozen() {
        var declarations = ParameterDeclarations()
        let weight = declarations.matrix("w", 3, 3, .normal(standardDeviation: 1))
        let (frozen, trained) = (declarations.initialized(seed: 1), declarations.initialized(seed: 2))
        let tape = Tape()
        tape.begin(training: trained)
        let x = tape.input(Tensor(shape: [1, 3], elements: [1, 2, 3]))
        let below = tape.linear(x, tape.weights(frozen)[weight])
        let y = tape.linear(tape.linear(below, tape.weights(trained)[weight]), tape.weights(frozen)[weight])
        tape.backward(from: y, gradient: Tensor(shape: [1, 3], elements: [1, 1, 1]))
        #expect(tape.gradient(below).elements == [0, 0, 0])
        #expect(tape.parameterGradients.contains { $0 != 0 })
    }
}
