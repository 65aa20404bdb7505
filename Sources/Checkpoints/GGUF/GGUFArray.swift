/// An array in a GGUF file's metadata. Vocabularies have hundreds of thousands of elements, so they are decoded on demand.
///
/// Methods throw `CheckpointError` if the elements are of another type, or the file changed since it was opened.
package struct GGUFArray: Sendable {
    package let elementType: GGUFValueType
    package let count: Int
    let key: String
    let file: MappedFile
    let bytes: Range<Int>

    /// Calls `body` with each string's index and bytes where they lie: UTF-8 as a rule, but that is not checked.
    package func forEachString(_ body: (Int, UnsafeRawBufferPointer) throws -> Void) throws {
        try expect(elementType == .string, "strings")
        try file.withBytes(bytes) { buffer in
            var cursor = GGUFCursor(buffer)
            for index in 0..<count {
                let length = try cursor.length(of: "a string")
                try body(index, try cursor.take(length, "a string"))
            }
        }
    }

    /// All strings; invalid UTF-8 is replaced.
    package func strings() throws -> [String] {
        var strings: [String] = []
        strings.reserveCapacity(count)
        try forEachString { strings.append(String(decoding: $1, as: UTF8.self)) }
        return strings
    }

    /// All elements of a numeric array, as numbers.
    package func numbers() throws -> [Double] {
        try values("numbers") { $0.number }
    }

    /// All elements of an integer array.
    package func integers() throws -> [Int] {
        try values("integers") { $0.integer }
    }

    package func bools() throws -> [Bool] {
        try values("booleans") { $0.bool }
    }

    /// All elements of an array of `float32`.
    package func floats() throws -> [Float] {
        try expect(elementType == .float32, "float32 numbers")
        return try file.withBytes(bytes) { buffer in
            [Float](unsafeUninitializedCapacity: count) { floats, initialized in
                UnsafeMutableRawBufferPointer(floats).copyMemory(from: buffer)
                initialized = count
            }
        }
    }

    private func values<Value>(_ expected: String, _ convert: (GGUFValue) -> Value?) throws -> [Value] {
        try expect(elementType.size != nil, expected)
        return try file.withBytes(bytes) { buffer in
            var cursor = GGUFCursor(buffer)
            var values: [Value] = []
            values.reserveCapacity(count)
            for _ in 0..<count {
                let value = try cursor.scalar(elementType)
                guard let converted = convert(value) else { throw mismatch(expected) }
                values.append(converted)
            }
            return values
        }
    }

    private func expect(_ holds: Bool, _ expected: String) throws(CheckpointError) {
        guard holds else { throw mismatch(expected) }
    }

    private func mismatch(_ expected: String) -> CheckpointError {
        CheckpointError(file.path, "key '\(key)': an array of \(elementType), expected \(expected)")
    }
}
