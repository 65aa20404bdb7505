import Tensors

/// A tensor in a mapped file: its name, shape and element type, and where its bytes lie.
package struct StoredTensor: Sendable {
    package let name: String
    /// The outermost dimension first, as in PyTorch; a matrix is [rows, columns]. Empty for a single number.
    package let shape: [Int]
    /// Nil if elements of this type can't be read; see ``typeName``.
    package let type: ElementType?
    /// The element type's name as the format spells it.
    package let typeName: String
    package let file: MappedFile
    /// In the file. Empty at the tensor's start if the type's size isn't known.
    package let bytes: Range<Int>

    package var columns: Int { shape.last ?? 1 }
    /// How many rows of ``columns`` elements there are.
    package var rows: Int { shape.dropLast().reduce(1, *) }
    package var count: Int { rows * columns }

    /// Runs `body` on the stored bytes of some rows (all: nil) where they lie.
    ///
    /// - Throws: `CheckpointError` if the element type isn't supported or the file changed since it was opened.
    package func withBytes<Value>(
        rows range: Range<Int>? = nil, _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws -> Value {
        try file.withBytes(place(of: range ?? 0..<rows), body)
    }

    /// Writes some rows as `Float32` into `floats`, which has room for exactly these.
    ///
    /// - Throws: As ``withBytes(rows:_:)``.
    package func read(rows range: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>) throws {
        precondition(floats.count == range.count * columns, "\(floats.count) floats for \(range.count) × \(columns)")
        let type = try supportedType()
        try withBytes(rows: range) { type.dequantize($0, into: floats) }
    }

    /// The same, without asking the file whether it changed: for many reads, after which ``MappedFile/check()`` is called once.
    ///
    /// - Throws: `CheckpointError` if the element type isn't supported.
    package func readUnchecked(
        rows range: Range<Int>, into floats: UnsafeMutableBufferPointer<Float>
    ) throws(CheckpointError) {
        precondition(floats.count == range.count * columns, "\(floats.count) floats for \(range.count) × \(columns)")
        let type = try supportedType()
        type.dequantize(try uncheckedBytes(rows: range), into: floats)
    }

    /// Some rows as they are stored, likewise.
    package func uncheckedBytes(rows range: Range<Int>) throws(CheckpointError) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: file.bytes[try place(of: range)])
    }

    /// Some rows (all: nil) as `Float32`, row by row.
    ///
    /// - Throws: As ``withBytes(rows:_:)``.
    package func floats(rows range: Range<Int>? = nil) throws -> [Float] {
        let range = range ?? 0..<rows
        // Nothing is allocated for a tensor that can't be read.
        _ = try supportedType()
        return try [Float](unsafeUninitializedCapacity: range.count * columns) { buffer, initialized in
            try read(rows: range, into: UnsafeMutableBufferPointer(rebasing: buffer[..<(range.count * columns)]))
            initialized = range.count * columns
        }
    }

    package func supportedType() throws(CheckpointError) -> ElementType {
        guard let type else { throw CheckpointError(file.path, unsupportedType) }
        return type
    }

    /// What to say of a tensor whose ``type`` is nil.
    package var unsupportedType: String {
        let supported = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
        return "tensor '\(name)': element type \(typeName) is not supported; supported types are \(supported)"
    }

    private func place(of range: Range<Int>) throws(CheckpointError) -> Range<Int> {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows) in tensor \(name)")
        let type = try supportedType()
        let rowBytes = columns / type.blockElements * type.blockBytes
        let start = bytes.lowerBound + range.lowerBound * rowBytes
        return start..<start + range.count * rowBytes
    }
}

/// The number of elements of a shape, or nil if it, or that of some of its dimensions, is more than an `Int` can count.
func elementCount(_ shape: [Int]) -> Int? {
    var product = 1
    for extent in shape {
        guard extent >= 0 else { return nil }
        // An empty dimension doesn't make the others possible.
        let (next, overflow) = product.multipliedReportingOverflow(by: max(extent, 1))
        guard !overflow else { return nil }
        product = next
    }
    return shape.contains(0) ? 0 : product
}
