import Foundation

/// Writes a safetensors file: same tensors, same bytes. The payload starts on a multiple of 8 bytes; add wide element
/// types first to keep every tensor aligned.
package struct SafetensorsWriter: Sendable {
    private var header: [String] = []
    private var names: Set<String> = []
    /// What follows the header, in parts that are copied, or shared with their owners.
    private var payload: [Data] = []
    private var isLastCopied = false
    private var count = 0

    package init(metadata: [String: String] = [:]) {
        if !metadata.isEmpty { header.append(Self.line(metadata: metadata)) }
    }

    /// What stands before the payload of a file whose F32 tensors are written by other means, in this order.
    package static func beginning(metadata: [String: String], floats: [(name: String, shape: [Int])]) -> Data {
        var lines = [line(metadata: metadata)]
        var end = 0
        for (name, shape) in floats {
            let bytes = shape.reduce(4, *)
            lines.append(line(name, .f32, shape: shape, bytes: end..<end + bytes))
            end += bytes
        }
        return beginning(lines)
    }

    package mutating func add(_ name: String, _ tensor: Tensor) {
        tensor.elements.withUnsafeBufferPointer { add(name, shape: tensor.shape, floats: $0) }
    }

    package mutating func add(_ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>) {
        add(name, .f32, shape: shape, bytes: UnsafeRawBufferPointer(floats))
    }

    package mutating func add(_ name: String, _ values: [Int64]) { add(name, .i64, values) }
    package mutating func add(_ name: String, _ values: [Int32]) { add(name, .i32, values) }
    package mutating func add(_ name: String, _ values: [UInt16]) { add(name, .u16, values) }
    package mutating func add(_ name: String, _ values: [UInt8]) { add(name, .u8, values) }

    private mutating func add<T: BitwiseCopyable>(_ name: String, _ type: SafetensorsFile.ElementType, _ values: [T]) {
        values.withUnsafeBytes { add(name, type, shape: [values.count], bytes: $0) }
    }

    private mutating func add(
        _ name: String, _ type: SafetensorsFile.ElementType, shape: [Int], bytes: UnsafeRawBufferPointer
    ) {
        declare(name, type, shape, bytes.count)
        if isLastCopied {
            payload[payload.count - 1].append(contentsOf: bytes)
        } else {
            payload.append(Data(bytes))
            isLastCopied = true
        }
    }

    /// Adds a tensor without copying it. The buffer must not be written to as long as this writer or its parts live, as holds
    /// for a ``Parameters`` set, which is copied before.
    mutating func add(_ name: String, shape: [Int], sharing storage: FloatStorage, _ range: Range<Int>) {
        declare(name, .f32, shape, range.count * 4)
        payload.append(
            Data(
                bytesNoCopy: storage.base + range.lowerBound, count: range.count * 4,
                deallocator: .custom { _, _ in withExtendedLifetime(storage) {} }))
        isLastCopied = false
    }

    private mutating func declare(_ name: String, _ type: SafetensorsFile.ElementType, _ shape: [Int], _ size: Int) {
        precondition(names.insert(name).inserted && name != "__metadata__", "two tensors are named \(name)")
        precondition(size == shape.reduce(type.size, *), "\(name): \(size) bytes for shape \(shape)")
        header.append(Self.line(name, type, shape: shape, bytes: count..<count + size))
        count += size
    }

    /// The whole file.
    package func data() -> Data {
        var file = Self.beginning(header)
        file.reserveCapacity(file.count + count)
        for part in payload { file.append(part) }
        return file
    }

    /// The whole file in parts, without a copy of what can be shared.
    package var parts: [Data] { [Self.beginning(header)] + payload }

    /// The header's length, and the header, padded so that the payload is aligned.
    private static func beginning(_ lines: [String]) -> Data {
        var text = Data("{\(lines.joined(separator: ","))}".utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text
    }

    private static func line(metadata: [String: String]) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        return "\"__metadata__\":{\(pairs.joined(separator: ","))}"
    }

    private static func line(
        _ name: String, _ type: SafetensorsFile.ElementType, shape: [Int], bytes: Range<Int>
    ) -> String {
        let extents = shape.map(String.init).joined(separator: ",")
        let range = "[\(bytes.lowerBound),\(bytes.upperBound)]"
        return "\(quoted(name)):{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],\"data_offsets\":\(range)}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
