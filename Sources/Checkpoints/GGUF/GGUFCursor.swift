/// Reads GGUF's little-endian values one after the other and never beyond the end of the bytes.
struct GGUFCursor {
    struct Failure: Error {
        let offset: Int
        let message: String
    }

    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func take(_ count: Int, _ subject: @autoclosure () -> String) throws(Failure) -> UnsafeRawBufferPointer {
        guard count <= remaining else {
            throw Failure(
                offset: position,
                message: "the file ends within \(subject()): \(count) bytes expected, \(remaining) left")
        }
        let taken = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        position += count
        return taken
    }

    mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ subject: @autoclosure () -> String, as: T.Type = T.self
    ) throws(Failure) -> T {
        T(littleEndian: try take(MemoryLayout<T>.size, subject()).loadUnaligned(as: T.self))
    }

    /// A count or length that can't be true in a file of this size is refused before anything is allocated.
    mutating func length(of subject: @autoclosure () -> String, elementSize: Int = 1) throws(Failure) -> Int {
        let start = position
        let value: UInt64 = try integer(subject())
        guard value <= UInt64(remaining / max(elementSize, 1)) else {
            throw Failure(
                offset: start, message: "\(subject()) claims a length of \(value); \(remaining) bytes are left")
        }
        return Int(value)
    }

    mutating func string(_ subject: @autoclosure () -> String) throws(Failure) -> String {
        let start = position
        let bytes = try take(try length(of: subject()), subject())
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw Failure(offset: start, message: "\(subject()) is not valid UTF-8")
        }
        return string
    }

    /// A value that is no array.
    mutating func scalar(_ type: GGUFValueType) throws(Failure) -> GGUFValue {
        switch type {
        case .uint8: return .uint8(try integer("a value"))
        case .int8: return .int8(try integer("a value"))
        case .uint16: return .uint16(try integer("a value"))
        case .int16: return .int16(try integer("a value"))
        case .uint32: return .uint32(try integer("a value"))
        case .int32: return .int32(try integer("a value"))
        case .float32: return .float32(Float(bitPattern: try integer("a value")))
        case .uint64: return .uint64(try integer("a value"))
        case .int64: return .int64(try integer("a value"))
        case .float64: return .float64(Double(bitPattern: try integer("a value")))
        case .string: return .string(try string("a text"))
        case .bool:
            let byte: UInt8 = try integer("a value")
            guard byte <= 1 else {
                throw Failure(offset: position - 1, message: "a boolean has the value \(byte), expected 0 or 1")
            }
            return .bool(byte == 1)
        case .array: preconditionFailure("arrays are read by their parts")
        }
    }

    /// Passes over `count` elements of an array.
    mutating func skip(_ count: Int, _ type: GGUFValueType, depth: Int = 1) throws(Failure) {
        if let size = type.size {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
            _ = try take(overflow ? .max : bytes, "an array")
        } else if type == .string {
            for _ in 0..<count { _ = try take(try length(of: "a string"), "a string") }
        } else {
            guard depth < 4 else { throw Failure(offset: position, message: "arrays nested deeper than 4 levels") }
            for _ in 0..<count {
                let (type, count) = try arrayStart()
                try skip(count, type, depth: depth + 1)
            }
        }
    }

    /// An array's element type and count.
    mutating func arrayStart() throws(Failure) -> (GGUFValueType, Int) {
        let type = try valueType()
        // A nested array takes 12 bytes at least.
        return (type, try length(of: "an array", elementSize: type.size ?? (type == .string ? 8 : 12)))
    }

    mutating func valueType() throws(Failure) -> GGUFValueType {
        let number: UInt32 = try integer("a type")
        guard let type = GGUFValueType(rawValue: number) else {
            throw Failure(offset: position - 4, message: "value type \(number), expected 0 to 12")
        }
        return type
    }
}
