internal import CKernels

/// Products of block-quantised weights with activations rounded to int8, in Float32: y (+)= x Wᵀ with x [m, k], W [n, k] and
/// y [m, n].
///
/// Each run of 32 elements of a row of x is rounded to multiples of its greatest magnitude / 127. Products and sums within a
/// run are exact integers; the scales of both sides turn them into Float32. llama.cpp rounds activations likewise.
package enum Int8Product {
    /// How products are computed.
    package enum Path: Sendable {
        /// AVX512-VNNI.
        case native
        /// Plain C, slower than products in Float32: the reference for the other.
        case portable
    }

    /// Whether this processor has AVX512-VNNI.
    package static let isNative = calm_int8_available() != 0

    /// Whether such products with matrices of these element types are faster than those in Float32.
    package static func isFast(_ types: [ElementType], columns: Int) -> Bool {
        isNative && !types.isEmpty && types.allSatisfy { supports($0, columns: columns) }
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
        path: Path = isNative ? .native : .portable
    ) {
        precondition(type.bytes(elements: n * k) == stored.count, "\(stored.count) bytes of \(type) for [\(n), \(k)]")
        guard let kind = type.int8Kind, let base = stored.baseAddress, m > 0, n > 0 else { return }
        let weights = base.assumingMemoryBound(to: UInt8.self)
        packed.withMemoryRebound(to: Int8.self, capacity: m * calm_int8_packed_row(k)) { x in
            if path == .native, isNative, m >= fewestForPanels {
                calm_int8_panels(y, resultStride, weights, kind, x, m, n, k, adds ? 1 : 0)
            } else {
                let native: Int32 = path == .native && isNative ? 1 : 0
                calm_int8_rows(y, resultStride, weights, kind, x, m, n, k, adds ? 1 : 0, native)
            }
        }
    }

    /// From as many rows of activations on, unpacking the weights for all of them at once pays.
    package static let fewestForPanels = 5
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
