import Foundation

/// Reads a safetensors file (https://huggingface.co/docs/safetensors) that may be hostile: nothing is trusted before it is
/// checked, and an error names the tensor.
package struct SafetensorsFile: Sendable {
    /// Element types that this engine stores.
    package enum ElementType: String, Sendable, Codable {
        case f32 = "F32"
        case i64 = "I64"
        case i32 = "I32"
        case u16 = "U16"
        case u8 = "U8"

        package var size: Int {
            switch self {
            case .i64: 8
            case .f32, .i32: 4
            case .u16: 2
            case .u8: 1
            }
        }
    }

    /// One tensor's place in the file.
    package struct Entry: Sendable {
        package let type: ElementType
        package let shape: [Int]
        package let bytes: Range<Int>
    }

    package let metadata: [String: String]
    private let entries: [String: Entry]
    private let payload: Data

    /// Names in alphabetical order.
    package var names: [String] { entries.keys.sorted() }

    package subscript(name: String) -> Entry? { entries[name] }

    package init(_ data: Data) throws(SafetensorsError) {
        guard data.count >= 8 else {
            throw SafetensorsError("not a safetensors file: \(data.count) bytes, at least 8 needed")
        }
        let length = data.prefix(8).enumerated().reduce(UInt64(0)) {
            $0 | UInt64($1.element) << (8 * UInt64($1.offset))
        }
        guard length <= Self.longestHeader, length <= UInt64(data.count - 8) else {
            throw SafetensorsError(
                "the header claims \(length) bytes; the file has \(data.count - 8) after its length, and "
                    + "\(Self.longestHeader) is the most allowed")
        }
        let start = data.startIndex + 8
        let header: SafetensorsHeader
        do {
            header = try JSONDecoder().decode(SafetensorsHeader.self, from: data[start..<start + Int(length)])
        } catch {
            throw SafetensorsError("unreadable header: \(SafetensorsHeader.explain(error))")
        }
        let names = SafetensorsHeader.countNames(data[start..<start + Int(length)])
        guard names == header.nameCount else {
            throw SafetensorsError(
                "the header has \(names) names, expected \(header.nameCount): one stands there twice, or isn't the format's"
            )
        }
        payload = data[(start + Int(length))...]
        metadata = header.metadata
        entries = try Self.checked(header, payload: payload.count)
    }

    private static let longestHeader: UInt64 = 100_000_000

    /// Sizes agree with shapes, and the tensors cover the payload exactly: no overlap, no hole, nothing outside.
    private static func checked(
        _ header: SafetensorsHeader, payload: Int
    ) throws(SafetensorsError) -> [String: Entry] {
        var entries: [String: Entry] = [:]
        for (name, raw) in header.tensors {
            guard let type = ElementType(rawValue: raw.dtype) else {
                throw SafetensorsError(
                    "tensor \(name): element type \(raw.dtype) is not supported; F32, I64, I32, U16 and U8 are")
            }
            guard raw.offsets.count == 2, raw.offsets[0] >= 0, raw.offsets[0] <= raw.offsets[1],
                raw.offsets[1] <= payload
            else {
                throw SafetensorsError("tensor \(name): bytes \(raw.offsets) of a payload of \(payload)")
            }
            var size = type.size
            for extent in raw.shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: extent)
                guard extent >= 0, !overflow else {
                    throw SafetensorsError("tensor \(name): impossible shape \(raw.shape)")
                }
                size = product
            }
            guard size == raw.offsets[1] - raw.offsets[0] else {
                throw SafetensorsError(
                    "tensor \(name): shape \(raw.shape) of \(raw.dtype) needs \(size) bytes, given \(raw.offsets[1] - raw.offsets[0])"
                )
            }
            entries[name] = Entry(type: type, shape: raw.shape, bytes: raw.offsets[0]..<raw.offsets[1])
        }
        var end = 0
        for (name, entry) in entries.sorted(by: {
            ($0.value.bytes.lowerBound, $0.value.bytes.upperBound, $0.key) < (
                $1.value.bytes.lowerBound, $1.value.bytes.upperBound, $1.key
            )
        }) {
            guard entry.bytes.lowerBound == end else {
                throw SafetensorsError(
                    "tensor \(name) starts at byte \(entry.bytes.lowerBound), expected \(end): tensors overlap or leave a hole"
                )
            }
            end = entry.bytes.upperBound
        }
        guard end == payload else {
            throw SafetensorsError("\(payload - end) bytes after the last tensor belong to none")
        }
        return entries
    }

    /// The F32 tensor called `name`, in this shape.
    package func floats(_ name: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        Tensor(shape: shape, elements: elements(try floatEntry(name, shape)))
    }

    /// The F32 tensor called `name`, in whatever shape.
    package func floats(_ name: String) throws(SafetensorsError) -> Tensor {
        let entry = try entry(name, .f32)
        return Tensor(shape: entry.shape, elements: elements(entry))
    }

    /// The bytes of the F32 tensor called `name`, in this shape, where they lie: nothing is copied.
    package func bytes(_ name: String, shape: [Int]) throws(SafetensorsError) -> Data {
        let entry = try floatEntry(name, shape)
        let start = payload.startIndex + entry.bytes.lowerBound
        return payload[start..<start + entry.bytes.count]
    }

    /// A one-dimensional tensor of integers, of exactly this stored type.
    package func integers<T: FixedWidthInteger & BitwiseCopyable>(
        _ name: String, _ type: ElementType, as: T.Type = T.self
    ) throws(SafetensorsError) -> [T] {
        let entry = try entry(name, type)
        precondition(type.size == MemoryLayout<T>.size && type != .f32, "\(T.self) doesn't hold \(type.rawValue)")
        guard entry.shape.count == 1 else {
            throw SafetensorsError("tensor \(name): shape \(entry.shape), expected one dimension")
        }
        return elements(entry)
    }

    private func floatEntry(_ name: String, _ shape: [Int]) throws(SafetensorsError) -> Entry {
        let entry = try entry(name, .f32)
        guard entry.shape == shape else {
            throw SafetensorsError("tensor \(name): shape \(entry.shape), expected \(shape)")
        }
        return entry
    }

    private func entry(_ name: String, _ type: ElementType) throws(SafetensorsError) -> Entry {
        guard let entry = entries[name] else {
            throw SafetensorsError("no tensor is named \(name); there are \(names.prefix(8).joined(separator: ", "))")
        }
        guard entry.type == type else {
            throw SafetensorsError("tensor \(name): element type \(entry.type.rawValue), expected \(type.rawValue)")
        }
        return entry
    }

    /// Copies out; the file's bytes need not be aligned. Files are little-endian, as is every platform we build for.
    private func elements<T: BitwiseCopyable>(_ entry: Entry) -> [T] {
        let count = entry.bytes.count / MemoryLayout<T>.size
        return [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            let start = payload.startIndex + entry.bytes.lowerBound
            payload.copyBytes(to: UnsafeMutableRawBufferPointer(buffer), from: start..<start + entry.bytes.count)
            initialized = count
        }
    }
}

/// A checkpoint that can't be used, and why.
package struct SafetensorsError: Error, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}
