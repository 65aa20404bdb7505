import JSONReading
import Tensors

/// One mapped safetensors file (https://huggingface.co/docs/safetensors), in any of the format's element types.
///
/// Opening reads the header alone. Tensors cover the data exactly: no overlap, no gap, nothing behind them.
package struct SafetensorsShard: WeightSource {
    package let metadata: [(name: String, value: String)]
    /// In the order in which they lie in the file.
    package var tensors: [StoredTensor] { table.tensors }
    package var path: String { file.path }
    let file: MappedFile
    private let table: TensorTable

    /// - Throws: `CheckpointError` with everything that is wrong. Element types that can't be read are not an error here.
    package init(_ path: String) throws {
        file = try MappedFile(path)
        let (json, start) = try Self.header(file)
        var problems: [String] = []
        var metadata: [(String, String)] = []
        var tensors: [StoredTensor] = []
        for (name, value) in json.members {
            if name == "__metadata__" {
                metadata =
                    value.members?.members.compactMap { entry in entry.value.string.map { (entry.name, $0) } } ?? []
                if metadata.count != value.members?.count {
                    problems.append("__metadata__: expected an object of strings")
                }
                continue
            }
            switch Self.tensor(name, value, start: start, file) {
            case .success(let tensor): tensors.append(tensor)
            case .failure(let problem): problems.append("tensor '\(name)': \(problem.message)")
            }
        }
        tensors.sort { ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound) }
        if problems.isEmpty { problems = Self.coverage(tensors, of: start..<file.size) }
        self.metadata = metadata
        // The parser refuses duplicate names.
        table = TensorTable.make(tensors).table
        guard problems.isEmpty else { throw CheckpointError(path, problems) }
    }

    package subscript(name: String) -> StoredTensor? { table[name] }

    package func check() throws(CheckpointError) { try file.check() }

    private struct Problem: Error { let message: String }

    private static let longestHeader = 100_000_000

    private static func header(_ file: MappedFile) throws -> (JSONMembers, start: Int) {
        guard file.size >= 8 else {
            throw CheckpointError(file.path, "not a safetensors file: \(file.size) bytes, expected at least 8")
        }
        let length = try file.withBytes(0..<8) { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        guard length <= UInt64(min(longestHeader, file.size - 8)) else {
            throw CheckpointError(
                file.path,
                "not a safetensors file, or cut off: its header claims \(length) bytes; \(file.size - 8) follow and "
                    + "at most \(longestHeader) are allowed")
        }
        let start = 8 + Int(length)
        let json: JSONNode
        do {
            json = try file.withBytes(8..<start) { try JSONNode(parsing: $0) }
        } catch let error as JSONReadingError {
            throw CheckpointError(file.path, "the header is not valid JSON: \(error)")
        }
        guard let members = json.members else {
            throw CheckpointError(file.path, "the header is \(json.kind), expected an object")
        }
        return (members, start)
    }

    private static func tensor(
        _ name: String, _ entry: JSONNode, start: Int, _ file: MappedFile
    ) -> Result<StoredTensor, Problem> {
        guard let dtype = entry["dtype"]?.string, let shape = entry["shape"]?.elements,
            let offsets = entry["data_offsets"]?.elements, entry.members?.count == 3
        else {
            return .failure(Problem(message: "expected an object with dtype, shape and data_offsets"))
        }
        let extents = shape.compactMap { if case .int(let value) = $0 { value } else { Int?.none } }
        guard extents.count == shape.count, let count = elementCount(extents) else {
            return .failure(Problem(message: "impossible shape; expected whole numbers that can be counted"))
        }
        guard offsets.count == 2, case .int(let first) = offsets[0], case .int(let last) = offsets[1],
            0 <= first, first <= last, last <= file.size - start
        else {
            return .failure(Problem(message: "data_offsets don't lie in the \(file.size - start) bytes of data"))
        }
        guard let bits = bitsPerElement[dtype] else {
            return .failure(Problem(message: "unknown element type \(dtype)"))
        }
        let (size, overflow) = count.multipliedReportingOverflow(by: bits)
        guard !overflow, size % 8 == 0, size / 8 == last - first else {
            return .failure(
                Problem(message: "shape \(extents) of \(dtype) doesn't take the \(last - first) bytes that it is given")
            )
        }
        return .success(
            StoredTensor(
                name: name, shape: extents, type: elementTypes[dtype], typeName: dtype, file: file,
                bytes: start + first..<start + last))
    }

    private static func coverage(_ tensors: [StoredTensor], of data: Range<Int>) -> [String] {
        var problems: [String] = []
        var end = data.lowerBound
        for tensor in tensors {
            if tensor.bytes.lowerBound != end {
                problems.append(
                    "tensor '\(tensor.name)' starts at byte \(tensor.bytes.lowerBound - data.lowerBound) of the data, "
                        + "expected \(end - data.lowerBound): tensors overlap or leave a gap")
            }
            end = max(end, tensor.bytes.upperBound)
        }
        if end != data.upperBound { problems.append("\(data.upperBound - end) bytes after the last tensor") }
        return problems
    }

    private static let elementTypes: [String: ElementType] = ["F32": .f32, "F16": .f16, "BF16": .bf16]

    private static let bitsPerElement: [String: Int] = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
        "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
        "U64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    ]
}
