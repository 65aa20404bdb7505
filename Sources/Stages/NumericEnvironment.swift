import Pipelines
import Tensors

/// A kind whose results depend, in their last bits, on the machine's arithmetic.
protocol NumericKind {}

/// What the last bits of a kind's results depend on; recorded with each of its executions.
///
/// - Throws: `NumericError` if OpenBLAS can't be loaded, or a known product comes out wrong on this machine.
package func numericEnvironment(of kind: any StageKind.Type) throws -> [String: String] {
    kind is any NumericKind.Type ? try numericEnvironment() : [:]
}

/// - Throws: As `numericEnvironment(of:)`.
package func numericEnvironment() throws -> [String: String] {
    let profile = try NumericProfile.current()
    return ["blas": profile.blasKernels, "vectors": profile.vectorWidth]
}
