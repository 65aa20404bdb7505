internal import CKernels

/// Matrix products of operands rounded to bfloat16 (to nearest, ties to even), with Float32 products and sums.
///
/// An element of C is one chain of additions over k, from its old value on; within a pair (2i, 2i + 1) of k the odd
/// product comes first, as in the instruction VDPBF16PS. So it depends on its row of a and its column of b alone, not on
/// how a product is divided, and is the same bits on every path, but for sums below 2⁻¹²⁶, which the native path takes
/// for zero. A subnormal operand counts as zero; NaN and infinity propagate.
package enum BFloat16Product {
    /// How products are computed.
    package enum Path: Sendable {
        /// AVX512-BF16: about four times the speed of Float32 products with AVX2.
        case native
        /// Plain C, on any processor.
        case portable
    }

    /// Whether this processor has AVX512-BF16.
    package static let isNative = calm_bf16_available() != 0

    /// The fastest path of this processor.
    package static var path: Path { isNative ? .native : .portable }

    /// Floats of scratch that a product needs.
    package static func scratchCount(m: Int, n: Int, k: Int) -> Int {
        wholeLines(m: m, k: k) + calm_bf16_packed_b(k, n)
    }

    /// Words of packed a, in whole lines of memory, so that what follows stays aligned.
    private static func wholeLines(m: Int, k: Int) -> Int { (calm_bf16_packed_a(m, k) + 15) / 16 * 16 }

    /// C = a·b + beta·C with C [m, n], a [m, k] (or [k, m] if transposed), b [k, n] (or [n, k] if transposed), and beta 0
    /// or 1. Fastest with scratch aligned to 64 bytes.
    ///
    /// - Parameters:
    ///   - firstStride: Elements from a row of `a`, as it is stored, to the next; nil: they follow each other.
    ///   - resultStride: The same of C.
    package static func multiply(
        _ a: UnsafePointer<Float>, _ aOrder: BLAS.Order, _ b: UnsafePointer<Float>, _ bOrder: BLAS.Order,
        into c: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, beta: Float,
        scratch: UnsafeMutablePointer<Float>, path: Path = Self.path, firstStride: Int? = nil,
        resultStride: Int? = nil
    ) {
        precondition(beta == 0 || beta == 1, "a bfloat16 product with beta \(beta): only 0 and 1 are supported")
        let first = wholeLines(m: m, k: k)
        scratch.withMemoryRebound(to: UInt32.self, capacity: scratchCount(m: m, n: n, k: k)) { words in
            calm_bf16_pack_a(
                words, a, firstStride ?? (aOrder == .transposed ? m : k), m, k, aOrder == .transposed ? 1 : 0, path.flag
            )
            calm_bf16_pack_b(words + first, b, k, n, bOrder == .transposed ? 1 : 0, path.flag)
            calm_bf16_multiply(
                c, resultStride ?? n, words, words + first, m, n, k, beta == 1 ? 1 : 0, path.flag)
        }
    }
}

extension BFloat16Product.Path {
    /// The kernels' `native`: the portable path where there is no other.
    fileprivate var flag: Int32 { self == .native && BFloat16Product.isNative ? 1 : 0 }
}
