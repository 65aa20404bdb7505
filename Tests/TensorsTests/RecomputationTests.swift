import Synchronization
import Tensors
import Testing

/// A frozen matrix that counts how often its rows are read.
private final class CountedMatrix: FrozenMatrix {
    let rows: Int
    let columns: Int
    private let values: [Float]
    private let reads = Atomic(0)

    init(rows: Int, columns: Int, seed: UInt64) {
        var random = RandomGenerator(seed: seed)
        (self.rows, self.columns) = (rows, columns)
        values = (0..<rows * columns).map { _ in random.normal() }
    }

    var floats: UnsafePointer<Float>? { nil }
    var count: Int { reads.load(ordering: .relaxed) }

    func read(_ rows: Range<Int>, into buffer: UnsafeMutablePointer<Float>) {
        reads.add(1, ordering: .relaxed)
        for index in rows.lowerBound * columns..<rows.upperBound * columns {
            buffer[index - rows.lowerBound * columns] = values[index]
        }
    }
}

@Suite("what is computed anew in the backward pass")
struct RecomputationTests {
    private static func matrices() -> (FrozenParameters, [CountedMatrix]) {
        var declarations = ParameterDeclarations()
        for name in ["first", "last"] { _ = declarations.matrix(name, 5, 5, .constant(0)) }
        let matrices = [CountedMatrix(rows: 5, columns: 5, seed: 1), CountedMatrix(rows: 5, columns: 5, seed: 2)]
        return (FrozenParameters(declarations) { name, _ in matrices[name == "first" ? 0 : 1] }, matrices)
    }

    /// gelu(x Aᵀ) Bᵀ + x, kept or computed anew: values, gradient, and how often A and B were read.
    private static func run(anew: Bool) -> (values: [Float], gradient: [Float], reads: [Int]) {
        let (parameters, matrices) = matrices()
        var declarations = ParameterDeclarations()
        let (first, last) = (
            declarations.matrix("first", 5, 5, .constant(0)), declarations.matrix("last", 5, 5, .constant(0))
        )
        let tape = Tape()
        tape.begin()
        let w = tape.weights(parameters)
        let x = tape.input(
            Tensor(shape: [3, 5], elements: (0..<15).map { Float($0) / 7 - 1 }), wantsGradient: true)
        func body(_ x: Variable) -> Variable {
            tape.linear(tape.gelu(tape.linear(x, w[first])), w[last], residual: x)
        }
        let y = anew ? tape.recomputed(x, rows: 3, columns: 5, body) : body(x)
        let values = tape.tensor(y).elements
        tape.backward(from: y, gradient: Tensor(shape: [3, 5], elements: (0..<15).map { Float($0 % 4) - 1 }))
        return (values, tape.gradient(x).elements, matrices.map(\.count))
    }

    @Test("gives the same bits, and its last product, which nobody reads, isn't computed again")
    func lastProduct() {
        let (kept, anew) = (Self.run(anew: false), Self.run(anew: true))
        #expect(kept.values == anew.values && kept.gradient == anew.gradient)
        #expect(!kept.gradient.allSatisfy { $0 == 0 })
        // Forward and backward; the first product a third time.
        #expect(kept.reads == [2, 2] && anew.reads == [3, 2])
    }
}
