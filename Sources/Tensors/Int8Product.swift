internal import CKernels

/// Products of block-quantised weights with activations rounded to int8, in Float32: y (+)= x Wᵀ with x [m, k], W [n, k] and
/// y [m, n].
///
/// Each run of 32 elements of a row of x is rounded to multiples of its greatest magnitude / 127. Products and sums within a
/// run are exact integers; the scales of both sides turn them into Float32. llama.cpp rounds activations likewise.
package enum Int8Product {
    /// How products are computed. Few rows have the same bits on every path.
    package enum Path: Sendable {
        /// AVX512-VNNI.
        case native
        case avx2
        case neon
        /// Plain C, slower than products in Float32: the reference for the others.
        case portable
    }

    /// What this processor has and `CALM_VECTOR_WIDTH` allows, the best first.
    package static let paths: [Path] =
        switch calm_int8_path() {
        case Int32(CALM_INT8_VNNI): [.native, .avx2, .portable]
        case Int32(CALM_INT8_AVX2): [.avx2, .portable]
        case Int32(CALM_INT8_NEON): [.neon]
        default: [.portable]
        }

    /// Whether this processor has AVX512-VNNI.
    package static let isNative = paths[0] == .native

    /// Whether products of `rows` rows of activations with matrices of these element types are faster than those in Float32:
    /// without AVX512-VNNI only few are, as each four of them unpack the weights again.
    package static func isFast(_ types: [ElementType], rows m: Int, columns: Int) -> Bool {
        (isNative || paths[0] != .portable && m <= StoredProduct.most)
            && !types.isEmpty && types.allSatisfy { supports($0, columns: columns) }
    }

    /// Whether a matrix of this element type can be multiplied so.
    package static func supports(_ type: ElementType, columns: Int) -> Bool {
        type.int8Kind != nil && columns % type.blockElements == 0
    }

    /// Floats that a packed row of activations takes.
    package static func packedCount(columns k: Int) -> Int { calm_int8_packed_row(k) / 4 }

    /// Rounds rows of activations. k is a multiple of 32.
    package static func pack(
        _ x: UnsafePointer<Float>, rows: Int, columns k: Int, into packed: UnsafeMutablePointer<Float>
    ) {
        packed.withMemoryRebound(to: Int8.self, capacity: rows * calm_int8_packed_row(k)) {
            calm_int8_pack($0, x, rows, k)
        }
    }

    /// y (+)= x Wᵀ for packed x and `n` rows of W as they are stored.
    package static func multiply(
        _ packed: UnsafePointer<Float>, _ stored: UnsafeRawBufferPointer, _ type: ElementType,
        into y: UnsafeMutablePointer<Float>, m: Int, n: Int, k: Int, adds: Bool, resultStride: Int,
        path: Path = paths[0]
    ) {
        precondition(paths.contains(path), "this processor has no int8 products by \(path)")
        precondition(type.bytes(elements: n * k) == stored.count, "\(stored.count) bytes of \(type) for [\(n), \(k)]")
        guard let kind = type.int8Kind, let base = stored.baseAddress, m > 0, n > 0 else { return }
        let weights = base.assumingMemoryBound(to: UInt8.self)
        packed.withMemoryRebound(to: Int8.self, capacity: m * calm_int8_packed_row(k)) { x in
            if path == .native, m >= fewestForPanels {
                calm_int8_panels(y, resultStride, weights, kind, x, m, n, k, adds ? 1 : 0)
            } else {
                calm_int8_rows(y, resultStride, weights, kind, x, m, n, k, adds ? 1 : 0, path.number)
            }
        }
    }

    /// From as many rows of activations on, unpacking the weights for all of them at once pays.
    package static let fewestForPanels = 5
}

extension Int8Product.Path {
    /// The kernels' number of the path.
    fileprivate var number: Int32 {
        switch self {
        case .native: Int32(CALM_INT8_VNNI)
        case .avx2: Int32(CALM_INT8_AVX2)
        case .neon: Int32(CALM_INT8_NEON)
        case .portable: Int32(CALM_INT8_PORTABLE)
        }
    }
}

extension ElementType {
    /// The kernels' number of the type; nil if it has no scales.
    fileprivate var int8Kind: Int32? {
        switch self {
        case .f32, .f16, .bf16: nil
        case .q80: Int32(CALM_Q8_0)
        case .q40: Int32(CALM_Q4_0)
        case .q41: Int32(CALM_Q4_1)
        case .q50: Int32(CALM_Q5_0)
        case .q51: Int32(CALM_Q5_1)
        case .q4K: Int32(CALM_Q4_K)
        case .q5K: Int32(CALM_Q5_K)
        case .q6K: Int32(CALM_Q6_K)
        }
    }
}
