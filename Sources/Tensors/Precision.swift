internal import CKernels

/// What the operands of matrix products are rounded to. Sums, activations, weights and gradients are Float32 either way.
package enum Precision: String, Sendable, Codable, CaseIterable {
    case float32
    /// Operands rounded to bfloat16 (8 bits of mantissa), to nearest even: two to four times the speed where the processor
    /// multiplies them itself, slower elsewhere.
    case bfloat16

    /// Whether this processor has bfloat16 products of its own.
    package static let hasNativeBFloat16 = calm_bf16_native() != 0
}

/// Matrix products of operands rounded to bfloat16, with sums in Float32. A row of the result doesn't depend on the others.
package enum BFloat16Product {
    /// As ``BLAS/multiply(_:_:_:_:into:m:n:k:beta:)``, adding to C if `adds`; `scratch` gives memory for so many floats.
    /// `isNative` is false only to test the portable kernels.
    package static func multiply(
        _ a: UnsafePointer<Float>, _ aOrder: BLAS.Order, _ b: UnsafePointer<Float>, _ bOrder: BLAS.Order,
        into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, adds: Bool,
        scratch: (Int) -> UnsafeMutablePointer<Float>, isNative: Bool = Precision.hasNativeBFloat16
    ) {
        if m == 0 || n == 0 { return }
        let native: Int32 = isNative ? 1 : 0
        let (aWords, bWords) = (calm_bf16_words_a(m, k), calm_bf16_words_b(k, n))
        let aRounded = (aWords + 15) & ~15
        // Words of two bfloat16 numbers are as wide as a float.
        scratch(aRounded + bWords).withMemoryRebound(to: UInt32.self, capacity: aRounded + bWords) { packed in
            calm_bf16_pack_a(packed, a, m, k, aOrder == .transposed ? 1 : 0, native)
            calm_bf16_pack_b(packed + aRounded, b, k, n, bOrder == .transposed ? 1 : 0, native)
            if k == 0 {
                if !adds { c.update(repeating: 0, count: m * n) }
            } else {
                calm_bf16_multiply(c, packed, packed + aRounded, m, n, k, adds ? 1 : 0, native)
            }
        }
    }
}
