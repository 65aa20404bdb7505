import Tensors

extension GGUFFile {
    /// The value of a metadata key as another file has it, in the same type; nil if there is no such key.
    ///
    /// - Throws: `CheckpointError` if the file changed since it was opened.
    package func exportedValue(_ key: String) throws -> GGUFExport.Value? {
        guard let value = value(key) else { return nil }
        func stored(_ value: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        let bytes: [UInt8] =
            switch value {
            case .uint8(let number): stored(number)
            case .int8(let number): stored(number)
            case .uint16(let number): stored(number)
            case .int16(let number): stored(number)
            case .uint32(let number): stored(number)
            case .int32(let number): stored(number)
            case .uint64(let number): stored(number)
            case .int64(let number): stored(number)
            case .float32(let number): stored(number.bitPattern)
            case .float64(let number): stored(number.bitPattern)
            case .bool(let flag): [flag ? 1 : 0]
            case .string(let text): stored(UInt64(text.utf8.count)) + Array(text.utf8)
            case .array(let array):
                try stored(array.elementType.rawValue) + stored(UInt64(array.count))
                    + array.file.withBytes(array.bytes) { Array($0) }
            }
        return .stored(type: value.type.rawValue, bytes)
    }
}
