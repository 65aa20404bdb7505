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
