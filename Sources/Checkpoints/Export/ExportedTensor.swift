import Tensors

/// A tensor to be written: its name and shape as the format has them, and its elements when their turn comes.
package struct ExportedTensor: Sendable {
    package let name: String
    /// The outermost dimension first.
    package let shape: [Int]
    package let type: ElementType
    /// The stored bytes in pieces, in order.
    let write: @Sendable (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    var count: Int { shape.reduce(1, *) }

    /// - Precondition: rows are whole numbers of blocks.
    var bytes: Int {
        guard let bytes = type.bytes(elements: count) else {
            preconditionFailure("\(name): \(shape) of \(type.rawValue)")
        }
        return bytes
    }

    /// Elements as `Float32`, in pieces as they are wanted, stored as `type`.
    ///
    /// - Parameters:
    ///   - type: `.f32`, `.f16` or `.bf16`; numbers are rounded to the nearest, ties to even.
    ///   - rows: Gives some of the rows of `shape.last` elements.
    package init(
        _ name: String, shape: [Int], type: ElementType, rows: @escaping @Sendable (Range<Int>) throws -> [Float]
    ) {
        precondition([.f32, .f16, .bf16].contains(type), "\(type.rawValue) is not written")
        self.name = name
        self.shape = shape
        self.type = type
        let columns = shape.last ?? 1
        let count = shape.dropLast().reduce(1, *)
        write = { append in
            let step = max(1, (1 << 20) / max(1, columns))
            for first in stride(from: 0, to: count, by: step) {
                let range = first..<min(count, first + step)
                let floats = try rows(range)
                precondition(
                    floats.count == range.count * columns, "\(name): \(floats.count) elements for rows \(range)")
                switch type {
                case .f16: try Self.halves(floats).withUnsafeBytes(append)
                case .bf16: try floats.map(Self.brain).withUnsafeBytes(append)
                default: try floats.withUnsafeBytes(append)
                }
            }
        }
    }

    /// A tensor of another checkpoint as it is, under another name. Its bytes are copied, so quantised blocks stay as they are.
    package init(_ name: String, copying tensor: StoredTensor) throws {
        self.name = name
        shape = tensor.shape
        type = try tensor.supportedType()
        write = { append in try tensor.withBytes { try append($0) } }
    }

    /// The nearest bfloat16, ties to even; NaN stays NaN.
    private static func brain(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }

    private static func halves(_ values: [Float]) -> [UInt16] {
        values.map(half)
    }

    /// The nearest half, ties to even; beyond its range infinity.
    private static func half(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let magnitude = bits & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        // 65520, half-way between the largest half and the next power of two.
        if magnitude >= 0x477F_F000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Subnormal: a multiple of 2^-24, rounded by adding 0.5, whose last place is that.
            let sum = Float(bitPattern: magnitude) + 0.5
            return sign | UInt16(truncatingIfNeeded: sum.bitPattern &- 0x3F00_0000)
        }
        let odd = magnitude >> 13 & 1
        return sign | UInt16(truncatingIfNeeded: (magnitude &+ 0xFFF &+ odd &- 0x3800_0000) >> 13)
    }
}
