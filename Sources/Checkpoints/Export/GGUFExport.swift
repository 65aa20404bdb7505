/// Writes GGUF files, version 3, with the default alignment of 32 bytes.
///
/// Same keys and tensors, same bytes: nothing of the time or the machine is in the file.
package struct GGUFExport {
    /// A metadata value in the type in which it is stored.
    package enum Value: Sendable {
        case uint32(UInt32)
        case int32(Int32)
        case float32(Float)
        case bool(Bool)
        case string(String)
        /// Texts that need not be UTF-8.
        case strings([[UInt8]])
        case int32s([Int32])
        case float32s([Float])
        case bools([Bool])
        /// A value of another file, whatever its type: the number of the type, and the bytes that follow.
        case stored(type: UInt32, [UInt8])
    }

    package private(set) var keys: [(name: String, value: Value)] = []
    private var tensors: [ExportedTensor] = []

    package init(architecture: String) {
        set("general.architecture", .string(architecture))
    }

    /// - Precondition: the key has no value yet.
    package mutating func set(_ key: String, _ value: Value) {
        precondition(!keys.contains { $0.name == key }, "two values for \(key)")
        keys.append((key, value))
    }

    /// Adds a tensor of at most four dimensions.
    package mutating func add(_ tensor: ExportedTensor) {
        precondition(tensor.shape.count <= 4, "\(tensor.name) has more than four dimensions")
        precondition(!tensors.contains { $0.name == tensor.name }, "two tensors are named \(tensor.name)")
        tensors.append(tensor)
    }

    /// Writes the file; it appears whole or not at all.
    ///
    /// - Throws: `CheckpointError`, or what a tensor's rows throw.
    package func write(to path: String) throws {
        let file = try ExportFile(path)
        var header = Bytes()
        header.raw += Array("GGUF".utf8)
        header.add(UInt32(3))
        header.add(UInt64(tensors.count))
        header.add(UInt64(keys.count))
        for (name, value) in keys {
            header.add(name)
            header.add(value)
        }
        var offset = 0
        for tensor in tensors {
            header.add(tensor.name)
            header.add(UInt32(tensor.shape.count))
            for extent in tensor.shape.reversed() { header.add(UInt64(extent)) }
            header.add(GGUFTensorType.id(tensor.type))
            header.add(UInt64(offset))
            offset += (tensor.bytes + Self.alignment - 1) / Self.alignment * Self.alignment
        }
        try file.append(header.raw)
        for tensor in tensors {
            try file.pad(to: Self.alignment)
            let start = file.size
            try tensor.write { try file.append($0) }
            precondition(
                file.size - start == tensor.bytes, "\(tensor.name): \(file.size - start) of \(tensor.bytes) bytes")
        }
        try file.pad(to: Self.alignment)
        try file.finish()
    }

    private static let alignment = 32

    private struct Bytes {
        var raw: [UInt8] = []

        mutating func add<T: FixedWidthInteger>(_ value: T) {
            withUnsafeBytes(of: value.littleEndian) { raw += $0 }
        }

        mutating func add(_ text: String) { add(bytes: Array(text.utf8)) }

        mutating func add(bytes: [UInt8]) {
            add(UInt64(bytes.count))
            raw += bytes
        }

        mutating func add(_ value: Value) {
            switch value {
            case .uint32(let number):
                add(GGUFValueType.uint32.rawValue)
                add(number)
            case .int32(let number):
                add(GGUFValueType.int32.rawValue)
                add(number)
            case .float32(let number):
                add(GGUFValueType.float32.rawValue)
                add(number.bitPattern)
            case .bool(let flag):
                add(GGUFValueType.bool.rawValue)
                add(UInt8(flag ? 1 : 0))
            case .string(let text):
                add(GGUFValueType.string.rawValue)
                add(text)
            case .strings(let texts): array(.string, texts) { $0.add(bytes: $1) }
            case .int32s(let numbers): array(.int32, numbers) { $0.add($1) }
            case .float32s(let numbers): array(.float32, numbers) { $0.add($1.bitPattern) }
            case .stored(let type, let bytes):
                add(type)
                raw += bytes
            case .bools(let flags): array(.bool, flags) { $0.add(UInt8($1 ? 1 : 0)) }
            }
        }

        private mutating func array<Element>(
            _ type: GGUFValueType, _ elements: [Element], _ add: (inout Bytes, Element) -> Void
        ) {
            self.add(GGUFValueType.array.rawValue)
            self.add(type.rawValue)
            self.add(UInt64(elements.count))
            for element in elements { add(&self, element) }
        }
    }
}
