internal import CKernels

/// How the elements of a frozen tensor are stored: as numbers, or as blocks that share their scales.
///
/// The block formats are llama.cpp's. A row of a tensor is a whole number of blocks.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case q80 = "Q8_0"
    case q40 = "Q4_0"
    case q41 = "Q4_1"
    case q50 = "Q5_0"
    case q51 = "Q5_1"
    case q4K = "Q4_K"
    case q5K = "Q5_K"
    case q6K = "Q6_K"

    /// Elements in a block; 1 for plain numbers.
    package var blockElements: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q80, .q40, .q41, .q50, .q51: 32
        case .q4K, .q5K, .q6K: 256
        }
    }

    /// Bytes of a block.
    package var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q80: 34
        case .q40: 18
        case .q41: 20
        case .q50: 22
        case .q51: 24
        case .q4K: 144
        case .q5K: 176
        case .q6K: 210
        }
    }

    /// Bytes that `count` elements take, or nil if they aren't a whole number of blocks or more than an `Int` can count.
    package func bytes(elements count: Int) -> Int? {
        guard count >= 0, count % blockElements == 0 else { return nil }
        let (bytes, overflow) = (count / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }

    /// Turns stored elements into `Float32`, bit for bit as the `gguf` package does.
    ///
    /// - Precondition: `stored` holds exactly as many elements as `floats`, in whole blocks.
    package func dequantize(_ stored: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>) {
        precondition(
            bytes(elements: floats.count) == stored.count,
            "\(stored.count) bytes of \(rawValue) for \(floats.count) elements")
        guard let source = stored.baseAddress, let target = floats.baseAddress, !floats.isEmpty else { return }
        let bytes = source.assumingMemoryBound(to: UInt8.self)
        switch self {
        case .f32: UnsafeMutableRawBufferPointer(floats).copyMemory(from: stored)
        case .f16: calm_from_float16(target, bytes, floats.count)
        case .bf16: calm_from_bfloat16(target, bytes, floats.count)
        case .q80: calm_from_q8_0(target, bytes, floats.count)
        case .q40: calm_from_q4_0(target, bytes, floats.count)
        case .q41: calm_from_q4_1(target, bytes, floats.count)
        case .q50: calm_from_q5_0(target, bytes, floats.count)
        case .q51: calm_from_q5_1(target, bytes, floats.count)
        case .q4K: calm_from_q4_k(target, bytes, floats.count)
        case .q5K: calm_from_q5_k(target, bytes, floats.count)
        case .q6K: calm_from_q6_k(target, bytes, floats.count)
        }
    }
}
