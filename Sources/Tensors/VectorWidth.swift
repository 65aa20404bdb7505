internal import CKernels

/// A width of vectors that kernels are compiled for; the widest that the processor has is in use, unless the environment variable
/// `CALM_VECTOR_WIDTH` names a narrower one, which is for tests. Then extensions that the level doesn't have aren't used either,
/// and OpenBLAS computes with kernels of that width.
package enum VectorWidth: String, CaseIterable, Sendable {
    /// AVX-512, without its products in int8 and bfloat16.
    case v4 = "x86-64-v4"
    /// AVX2 with fused multiplication and addition.
    case v3 = "x86-64-v3"
    /// What every processor of its kind has.
    case baseline

    /// The name of the environment variable.
    package static let variable = "CALM_VECTOR_WIDTH"

    /// The width in use.
    package static let current = VectorWidth(rawValue: String(cString: calm_vector_width())) ?? .baseline

    /// The width in use if the environment limits it: nothing beyond it is used.
    package static var limit: VectorWidth? {
        calm_vector_width_limit() == Int32(CALM_WIDTH_LIMITED) ? current : nil
    }

    /// To what the width in use can be limited: less than everything that the processor has.
    package var narrower: [VectorWidth] {
        guard Self.limit == nil else { return [] }
        return switch self {
        case .v4: [.v4, .v3, .baseline]
        case .v3: [.baseline]
        case .baseline: []
        }
    }

    /// - Throws: `NumericError` if the environment names a width that there isn't.
    package static func check() throws(NumericError) {
        guard calm_vector_width_limit() == Int32(CALM_WIDTH_UNKNOWN) else { return }
        throw NumericError(
            message:
                "\(variable) names no vector width; set it to \(allCases.map(\.rawValue).joined(separator: ", ")), or unset it"
        )
    }

    /// OpenBLAS's kernels of this width.
    var blasKernels: String {
        switch self {
        case .v4: "SkylakeX"
        case .v3: "Haswell"
        case .baseline: "Prescott"
        }
    }
}
