import NeuralNetworks
import Tensors
import Testing

@Suite("cross-attention")
struct CrossAttentionTests {
    private static func layer(
        outputStart: ParameterDeclarations.Initialization
    ) -> (CrossAttention, Parameters) {
        var declarations = ParameterDeclarations()
        let layer = CrossAttention(
            "cross", width: 12, source: 7, heads: 2, rotaryBase: 100, outputStart: outputStart, &declarations)
        return (layer, declarations.initialized(seed: 3))
    }

    private static func random(_ rows: Int, _ columns: Int) -> Tensor {
        var random = RandomGenerator(seed: 1, rows, columns)
        return Tensor(shape: [rows, columns], elements: (0..<rows * columns).map { _ in random.normal() })
    }

    @Test("with a zero output matrix the residual passes bit for bit")
    func zeroOutput() {
        let (layer, parameters) = Self.layer(outputStart: .constant(0))
        let tape = Tape()
        tape.begin()
        let w = tape.weights(parameters)
        let x = tape.input(Self.random(5, 12))
        let source = tape.input(Self.random(5, 7))
        let y = layer(x, source: source, residual: x, CrossLayout(.causal(offsets: [0, 5])), cache: nil, w)
        #expect(tape.tensor(y) == tape.tensor(x))
    }

    @Test("cached keys and values give what keys and values in the batch give")
    func cached() {
        let (layer, parameters) = Self.layer(outputStart: .fanIn(12))
        let tape = Tape()
        tape.begin()
        let w = tape.weights(parameters)
        let (x, source) = (Self.random(5, 12), Self.random(5, 7))
        let whole = tape.tensor(
            layer(tape.input(x), source: tape.input(source), CrossLayout(.causal(offsets: [0, 5])), cache: nil, w))

        var slots = CacheSlots(sequences: 1, capacity: 6)
        let cache = KVCache(rows: slots.rows, width: 12)
        for row in 0..<5 {
            tape.begin()
            let w = tape.weights(parameters)
            let layout = slots.append(counts: [1])
            let part = tape.input(Tensor(shape: [1, 7], elements: Array(source.row(row))))
            let query = tape.input(Tensor(shape: [1, 12], elements: Array(x.row(row))))
            let y = layer(query, source: part, CrossLayout(layout), cache: cache, w)
            // Sums of a dozen products in another order.
            #expect(zip(tape.tensor(y).elements, whole.row(row)).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }
}
