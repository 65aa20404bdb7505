/// Writes GGUF by hand, sound or not.
struct GGUFBytes {
    var bytes: [UInt8] = []

    init(version: UInt32 = 3, tensors: UInt64 = 0, keys: UInt64 = 0) {
        bytes = Array("GGUF".utf8)
        add(version)
        add(tensors)
        add(keys)
    }

    mutating func add<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) }
    }

    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += Array(text.utf8)
    }

    mutating func tensor(_ name: String, _ dimensions: [UInt64], type: UInt32, offset: UInt64) {
        add(name)
        add(UInt32(dimensions.count))
        for extent in dimensions { add(extent) }
        add(type)
        add(offset)
    }

    /// To the next multiple of 32, then so many bytes.
    mutating func data(_ count: Int) {
        bytes += [UInt8](repeating: 0, count: (32 - bytes.count % 32) % 32 + count)
    }
}
