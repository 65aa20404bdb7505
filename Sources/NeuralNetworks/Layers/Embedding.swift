import Tensors

/// y[i] = table[ids[i]], with the table [V, d] as `name.weight`.
package struct Embedding: Sendable {
    package let table: Parameter

    package init(
        _ name: String, count: Int, width: Int, standardDeviation: Float, _ declarations: inout ParameterDeclarations
    ) {
        table = declarations.matrix("\(name).weight", count, width, .normal(standardDeviation: standardDeviation))
    }

    package func callAsFunction(_ ids: [Int32], _ w: Weights) -> Variable { w.tape.embedding(ids, w[table]) }
}
