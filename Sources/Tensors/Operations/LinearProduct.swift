internal import CKernels

/// y = x Wᵀ (+ bias) (+ residual), with x [N, in], W [out, in], bias [out], residual and y [N, out].
struct LinearProduct: DifferentiableOperation {
    let x: Variable
    let weight: Weight
    let bias: Weight?
    let residual: Variable?
    let output: Variable

    /// dx = dy W; dW = dyᵀ x; dbias = sum of dy's rows; the residual takes dy itself.
    func backward(_ upstream: UnsafeMutablePointer<Float>, on tape: Tape) {
        let (n, wide, narrow) = (x.rows, weight.rows, weight.columns)
        if let (dx, isFresh) = tape.target(x) {
            tape.multiply(upstream, weight, into: dx, m: n, adds: !isFresh)
        }
        if let (gradient, isFresh) = tape.target(weight) {
            tape.multiply(
                upstream, .transposed, tape.read(x), .asStored, into: gradient, m: wide, n: narrow, k: n,
                adds: !isFresh, isTrained: true)
        }
        if let gradient = bias.flatMap(tape.zeroedTarget) { calm_bias_backward(gradient, upstream, n, wide) }
        if let residual { tape.pass(upstream, of: output, to: residual) }
    }

    func forward(into y: UnsafeMutablePointer<Float>, on tape: Tape) {
        if let residual {
            let (added, columns) = (tape.read(residual), output.columns)
            tape.frozenProducts.divideRows(output.rows, operations: 2 * output.count) { rows in
                (y + rows.lowerBound * columns).update(
                    from: added + rows.lowerBound * columns, count: rows.count * columns)
            }
        }
        tape.multiply(tape.read(x), transposed: weight, into: y, m: x.rows, adds: residual != nil)
        if let bias { calm_bias_forward(y, bias.values, x.rows, weight.rows) }
    }
}

extension Tape {
    /// x Wᵀ (+ bias) (+ residual).
    package func linear(
        _ x: Variable, _ weight: Weight, bias: Weight? = nil, residual: Variable? = nil
    ) -> Variable {
        precondition(x.columns == weight.columns, "linear: x \(x.shape), weight [\(weight.rows), \(weight.columns)]")
        let needs =
            needsGradient(x) || weight.isTrained || bias?.isTrained == true || residual.map(needsGradient) == true
        let output = make(rows: x.rows, columns: weight.rows, needsGradient: needs)
        let product = LinearProduct(x: x, weight: weight, bias: bias, residual: residual, output: output)
        if let residual {
            precondition(
                residual.rows == output.rows && residual.columns == output.columns,
                "linear: residual \(residual.shape), product \(output.shape)")
        }
        if let bias {
            precondition(
                bias.count == weight.rows, "linear: bias of \(bias.count), weight [\(weight.rows), \(weight.columns)]")
        }
        compute(product)
        record(.linear(product), for: output)
        return output
    }
}
