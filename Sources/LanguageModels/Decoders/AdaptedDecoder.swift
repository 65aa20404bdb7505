import Tensors

/// A frozen decoder with trained low-rank updates W + U D of the matrices in its blocks. Before training it is the decoder,
/// bit for bit: U starts at zero.
///
/// D [r, in] starts at N(0, 1/in). Nothing scales the update: α = r in the source's terms.
///
/// Source: LoRA (arXiv 2106.09685), §4.1, on all of the blocks' matrices.
package struct AdaptedDecoder: Sendable {
    private struct Adapter {
        let matrix: Parameter
        let down: Parameter
        let up: Parameter
    }

    package let base: Decoder
    /// The updates, all that is trained.
    package var parameters: Parameters
    private let adapters: [Adapter]

    /// - Precondition: a rank of at least 1.
    package init(_ base: Decoder, rank: Int, seed: UInt64) {
        precondition(rank > 0, "a rank of \(rank)")
        var declarations = ParameterDeclarations()
        adapters = base.blocks.flatMap { [$0.attention.qkv, $0.attention.output, $0.mlp.up, $0.mlp.down] }.map {
            layer in
            let matrix = layer.weight
            return Adapter(
                matrix: matrix,
                down: declarations.matrix(
                    "\(matrix.name).down", rank, matrix.columns,
                    .normal(standardDeviation: 1 / Float(matrix.columns).squareRoot())),
                up: declarations.matrix("\(matrix.name).up", matrix.rows, rank, .constant(0)))
        }
        self.base = base
        parameters = declarations.initialized(seed: seed)
    }

    private func weights(on tape: Tape) -> Weights {
        let own = tape.weights(parameters)
        return base.weights(on: tape).adapted(
            by: adapters.map { ($0.matrix, LowRankUpdate(down: own[$0.down], up: own[$0.up])) })
    }

    /// The decoder with the updates added to its matrices.
    package var merged: Decoder {
        var merged = base.trainable
        let (updates, entries) = (parameters, merged.parameters.entries)
        merged.parameters.withMutableElements { elements in
            for adapter in adapters {
                guard let entry = entries.first(where: { $0.name == adapter.matrix.name }),
                    let down = updates[adapter.down.name]?.elements, let up = updates[adapter.up.name]?.elements
                else { preconditionFailure("no matrix \(adapter.matrix.name) to adapt") }
                let (rank, columns) = (adapter.down.rows, adapter.matrix.columns)
                for row in 0..<adapter.matrix.rows {
                    for column in 0..<columns {
                        var sum: Float = 0
                        for index in 0..<rank { sum += up[row * rank + index] * down[index * columns + column] }
                        elements[entry.offset + row * columns + column] += sum
                    }
                }
            }
        }
        return merged
    }
}

extension AdaptedDecoder: CausalLanguageModel {
    package var maximumLength: Int? { base.maximumLength }
    package var widestRow: Int { base.widestRow }

    /// The decoder's own matrices have no gradient; their inputs have.
    package var trainingOperations: Int {
        4 * base.matrixElements(blocks: 0..<base.blocks.count, head: true) + 6 * parameters.count
    }

    package func logits(_ batch: TokenBatch, dropout: DropoutStream?, on tape: Tape) -> Variable {
        base.logits(batch, weights(on: tape))
    }

    package func makeState(sequences: Int, capacity: Int, precision: Precision) -> DecoderState {
        base.makeState(sequences: sequences, capacity: capacity, precision: precision)
    }

    package func readStates(
        _ tokens: [[Int32]], state: inout DecoderState, returning rows: LogitRows,
        visit: (_ blocks: Int, Variable) throws -> Void
    ) rethrows -> Variable {
        try base.readStates(tokens, state: &state, returning: rows, weights(on: state.tape), visit: visit)
    }

    package func logits(ofStates states: Variable, on tape: Tape) -> Variable {
        base.logits(ofStates: states, on: tape)
    }
}
