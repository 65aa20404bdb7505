/// What stands before a GGUF file's tensor data (versions 2 and 3), read but for the elements of arrays.
///
/// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
struct GGUFHeader {
    struct TensorInfo {
        let name: String
        /// The contiguous dimension first.
        let dimensions: [UInt64]
        let type: UInt32
        /// From the start of the data section.
        let offset: UInt64
    }

    let version: UInt32
    private(set) var keys: [(name: String, value: GGUFValue)] = []
    private(set) var tensors: [TensorInfo] = []
    /// Where the tensor infos end.
    let end: Int

    init(_ file: MappedFile) throws {
        let path = file.path
        (version, keys, tensors, end) = try file.withBytes(0..<file.size) { bytes in
            do {
                var cursor = GGUFCursor(bytes)
                return try Self.read(&cursor, file)
            } catch let failure as GGUFCursor.Failure {
                throw CheckpointError(path, "byte \(failure.offset): \(failure.message)")
            }
        }
    }

    private typealias Content = (UInt32, [(name: String, value: GGUFValue)], [TensorInfo], Int)

    private static func read(_ cursor: inout GGUFCursor, _ file: MappedFile) throws(GGUFCursor.Failure) -> Content {
        let magic = try cursor.take(4, "the header")
        guard magic.elementsEqual("GGUF".utf8) else {
            throw GGUFCursor.Failure(
                offset: 0,
                message: "the file starts with \(magic.map(hexadecimal).joined(separator: " ")), expected 'GGUF'")
        }
        let version: UInt32 = try cursor.integer("the header")
        guard version == 2 || version == 3 else {
            let reason =
                version & 0xffff == 0 && version != 0
                ? "the file is big-endian; convert it to little-endian" : "GGUF version \(version), expected 2 or 3"
            throw GGUFCursor.Failure(offset: 4, message: reason)
        }
        // Name and type of a key take 13 bytes with its value at least, a tensor's description 24.
        let tensorPlace = cursor.position
        let tensorCount: UInt64 = try cursor.integer("the header")
        let keyCount = try cursor.length(of: "the list of keys", elementSize: 13)
        guard tensorCount <= UInt64(cursor.remaining / 24) else {
            throw GGUFCursor.Failure(
                offset: tensorPlace, message: "\(tensorCount) tensors claimed; \(cursor.remaining) bytes are left")
        }
        var keys: [(name: String, value: GGUFValue)] = []
        for index in 0..<keyCount {
            let name = try cursor.string("the name of key \(index + 1) of \(keyCount)")
            let type = try cursor.valueType()
            keys.append((name, try value(type, name, &cursor, file)))
        }
        var tensors: [TensorInfo] = []
        for index in 0..<Int(tensorCount) {
            let name = try cursor.string("the name of tensor \(index + 1) of \(tensorCount)")
            let dimensions: UInt32 = try cursor.integer("tensor '\(name)'")
            guard dimensions <= 4 else {
                throw GGUFCursor.Failure(
                    offset: cursor.position - 4,
                    message: "tensor '\(name)' has \(dimensions) dimensions, expected at most 4")
            }
            var extents: [UInt64] = []
            for _ in 0..<dimensions { extents.append(try cursor.integer("tensor '\(name)'")) }
            tensors.append(
                TensorInfo(
                    name: name, dimensions: extents, type: try cursor.integer("tensor '\(name)'"),
                    offset: try cursor.integer("tensor '\(name)'")))
        }
        return (version, keys, tensors, cursor.position)
    }

    private static func value(
        _ type: GGUFValueType, _ key: String, _ cursor: inout GGUFCursor, _ file: MappedFile
    ) throws(GGUFCursor.Failure) -> GGUFValue {
        do {
            guard type == .array else { return try cursor.scalar(type) }
            let (elementType, count) = try cursor.arrayStart()
            let start = cursor.position
            try cursor.skip(count, elementType)
            return .array(
                GGUFArray(elementType: elementType, count: count, key: key, file: file, bytes: start..<cursor.position))
        } catch {
            throw GGUFCursor.Failure(offset: error.offset, message: "key '\(key)': \(error.message)")
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
