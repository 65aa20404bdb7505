internal import CKernels

/// Products of weights in the form that they are stored in with a few rows of activations, in Float32: y (+)= x Wᵀ with x [m, k],
/// W [n, k] and y [m, n].
///
/// Every weight is read once and is exact in Float32, so such products are as close as those of a matrix library, which would
/// need a copy of the weights first; sums are in another order.
package enum StoredProduct {
    /// Up to as many rows of activations; more are faster by a matrix library.
    package static let most = 16

    package static func supports(_ type: ElementType) -> Bool { type.storedKind != nil }

    /// y (+)= x Wᵀ for `n` rows of W as they are stored.
    package static func multiply(
        _ x: UnsafePointer<Float>, _ stored: UnsafeRawBufferPointer, _ type: ElementType,
        into y: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, adds: Bool, resultStride: Int
    ) {
        precondition(type.bytes(elements: n * k) == stored.count, "\(stored.count) bytes of \(type) for [\(n), \(k)]")
        guard let kind = type.storedKind, let base = stored.baseAddress, m > 0, n > 0 else { return }
        calm_stored_rows(
            y, resultStride, base.assumingMemoryBound(to: UInt8.self), kind, x, m, n, k, adds ? 1 : 0)
    }
}

extension BFloat16Product {
    /// From as many rows on, products with weights stored in bfloat16 are faster with activations rounded to that than those of
    /// ``StoredProduct``.
    package static let fewestForStored = 9

    /// Floats that a rounded row of activations takes.
    package static func roundedCount(columns k: Int) -> Int { calm_bf16_row(k) / 2 }

    /// Rounds rows of activations, for a processor with AVX512-BF16.
    package static func round(
        _ x: UnsafePointer<Float>, rows: Int, columns k: Int, into rounded: UnsafeMutablePointer<Float>
    ) {
        precondition(isNative, "this processor has no AVX512-BF16")
        rounded.withMemoryRebound(to: UInt16.self, capacity: rows * calm_bf16_row(k)) {
            calm_bf16_round($0, x, rows, k)
        }
    }

    /// y (+)= x Wᵀ for rounded x and `n` rows of W as they are stored, with Float32 products and sums.
    package static func multiply(
        _ rounded: UnsafePointer<Float>, _ stored: UnsafeRawBufferPointer, into y: UnsafeMutablePointer<Float>, m: Int,
        n: Int, k: Int, adds: Bool, resultStride: Int
    ) {
        precondition(isNative, "this processor has no AVX512-BF16")
        precondition(stored.count == 2 * n * k, "\(stored.count) bytes of bfloat16 for [\(n), \(k)]")
        guard let base = stored.baseAddress, m > 0, n > 0 else { return }
        rounded.withMemoryRebound(to: UInt16.self, capacity: m * calm_bf16_row(k)) {
            calm_bf16_rows(y, resultStride, base.assumingMemoryBound(to: UInt8.self), $0, m, n, k, adds ? 1 : 0)
        }
    }
}

extension ElementType {
    /// The kernels' number of the type; nil if it is stored in blocks.
    fileprivate var storedKind: Int32? {
        switch self {
        case .f32: Int32(CALM_F32)
        case .f16: Int32(CALM_F16)
        case .bf16: Int32(CALM_BF16)
        default: nil
        }
    }
}
