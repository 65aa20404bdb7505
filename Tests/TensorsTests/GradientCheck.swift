import Tensors

/// A differentiable function of some matrices, as a row of the table that drives all gradient checks.
struct GradientCase: CustomStringConvertible, Sendable {
    let name: String
    /// Shapes of the inputs, which are random and all want gradients.
    let inputs: [[Int]]
    /// Shapes of the trained parameters, which are random too.
    var parameters: [[Int]] = []
    let function: @Sendable (_ tape: Tape, _ inputs: [Variable], _ weights: [Weight]) -> Variable

    var description: String { name }
}

/// Compares reverse-mode gradients with central differences of sum(cotangent * f), in double precision.
struct GradientCheck {
    /// The largest |analytic - numeric| over all inputs and parameters, relative to the largest numeric slope.
    /// `tamper` multiplies the analytic gradients, to see whether a wrong one is caught.
    static func error(of test: GradientCase, seed: UInt64, tamper: Float = 1) -> Float {
        var random = RandomGenerator(seed: seed, test.name)
        func draw(_ shape: [Int]) -> Tensor {
            Tensor(shape: shape, elements: (0..<shape.reduce(1, *)).map { _ in random.normal() })
        }
        var inputs = test.inputs.map(draw)
        var declarations = ParameterDeclarations()
        let handles = test.parameters.enumerated().map {
            declarations.matrix("p\($0)", $1[0], $1[1], .normal(standardDeviation: 1))
        }
        var parameters = declarations.initialized(seed: seed)
        let tape = Tape()

        func run(training: Bool) -> (variable: Variable, inputs: [Variable]) {
            if training { tape.begin(training: parameters) } else { tape.begin() }
            let w = tape.weights(parameters)
            let variables = inputs.map { tape.input($0, wantsGradient: training) }
            // Through an identity, so that operations in place are allowed on the operand.
            return (test.function(tape, variables.map { tape.scale($0, by: 1) }, handles.map { w[$0] }), variables)
        }

        let (output, variables) = run(training: true)
        let cotangent = draw([output.rows, output.columns])
        tape.backward(from: output, gradient: cotangent)
        let inputGradients = variables.map { tape.gradient($0).elements }
        let parameterGradients = Array(tape.parameterGradients)
        tape.end()

        func objective() -> Double {
            let values = tape.values(run(training: false).variable)
            defer { tape.end() }
            return zip(values, cotangent.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let step: Float = 1e-2
        var (worst, largest): (Double, Double) = (0, 1e-3)
        func compare(_ analytic: Float, _ shift: (Float) -> Void) {
            shift(step)
            let high = objective()
            shift(-2 * step)
            let low = objective()
            shift(step)
            let numeric = (high - low) / Double(2 * step)
            worst = max(worst, abs(numeric - Double(analytic * tamper)))
            largest = max(largest, abs(numeric))
        }
        for input in inputs.indices {
            for index in inputs[input].elements.indices {
                compare(inputGradients[input][index]) { inputs[input].elements[index] += $0 }
            }
        }
        for index in 0..<parameters.count {
            compare(parameterGradients[index]) { shift in parameters.withMutableElements { $0[index] += shift } }
        }
        return Float(worst / largest)
    }
}
