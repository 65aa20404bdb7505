import Foundation

/// Writes a safetensors file: same tensors, same bytes. The payload starts on a multiple of 8 bytes; add wide element
/// types first to keep every tensor aligned.
package struct SafetensorsWriter: Sendable {
    private var header: [String] = []
    private var names: Set<String> = []
    private var payload = Data()

    package init(metadata: [String: String] = [:]) {
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }
            header.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
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
        precondition(names.insert(name).inserted && name != "__metadata__", "two tensors are named \(name)")
        precondition(bytes.count == shape.reduce(type.size, *), "\(name): \(bytes.count) bytes for shape \(shape)")
        let range = "[\(payload.count),\(payload.count + bytes.count)]"
        let extents = shape.map(String.init).joined(separator: ",")
        header.append(
            "\(Self.quoted(name)):{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],\"data_offsets\":\(range)}")
        payload.append(contentsOf: bytes)
    }

    /// The whole file.
    package func data() -> Data {
        var text = Data("{\(header.joined(separator: ","))}".utf8)
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
        var file = Data(capacity: 8 + text.count + payload.count)
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { file.append(contentsOf: $0) }
        file.append(text)
        file.append(payload)
        return file
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
