import Tensors

/// A GGUF file: metadata, and tensors in llama.cpp's element types.
///
/// Opening reads the header alone; the weights stay in the mapped file.
package struct GGUFFile: WeightSource {
    package let version: Int
    /// In the order of the file.
    package let keys: [String]
    package var tensors: [StoredTensor] { table.tensors }
    package var path: String { file.path }
    let file: MappedFile
    private let table: TensorTable
    private let values: [[UInt8]: GGUFValue]

    /// - Throws: `CheckpointError` with everything that is wrong. Element types that aren't supported are not an error here.
    package init(_ path: String) throws {
        file = try MappedFile(path)
        let header = try GGUFHeader(file)
        version = Int(header.version)
        var problems: [String] = []
        var values: [[UInt8]: GGUFValue] = [:]
        for (name, value) in header.keys where values.updateValue(value, forKey: Array(name.utf8)) != nil {
            problems.append("duplicate key '\(name)'")
        }
        keys = header.keys.map(\.name)
        self.values = values

        var alignment = 32
        if let value = values[Array("general.alignment".utf8)] {
            if case .uint32(let number) = value, number > 0, number & (number - 1) == 0 {
                alignment = Int(number)
            } else {
                problems.append("key 'general.alignment': \(value), expected a power of two of type uint32")
            }
        }
        let start = (header.end + alignment - 1) / alignment * alignment
        var tensors: [StoredTensor] = []
        for info in header.tensors {
            switch Self.placed(info, start: start, alignment: alignment, file) {
            case .success(let tensor): tensors.append(tensor)
            case .failure(let problem): problems.append("tensor '\(info.name)': \(problem.message)")
            }
        }
        problems += Self.overlaps(tensors)
        let (table, duplicates) = TensorTable.make(tensors)
        problems += duplicates.map { "duplicate tensor '\($0)'" }
        self.table = table
        guard problems.isEmpty else { throw CheckpointError(path, problems) }
    }

    package subscript(name: String) -> StoredTensor? { table[name] }

    /// The value of a metadata key.
    package func value(_ key: String) -> GGUFValue? { values[Array(key.utf8)] }

    package func check() throws(CheckpointError) { try file.check() }

    private struct Problem: Error { let message: String }

    private static func placed(
        _ info: GGUFHeader.TensorInfo, start: Int, alignment: Int, _ file: MappedFile
    ) -> Result<StoredTensor, Problem> {
        let (type, typeName, block) = GGUFTensorType.described(info.type)
        let shape = info.dimensions.reversed().map { Int(clamping: $0) }
        guard let elements = elementCount(shape), info.dimensions.allSatisfy({ $0 <= Int.max }) else {
            return .failure(Problem(message: "impossible shape \(info.dimensions)"))
        }
        let available = file.size - min(start, file.size)
        guard info.offset <= UInt64(available) else {
            return .failure(
                Problem(message: "starts at byte \(info.offset) of the data, which has \(available) bytes"))
        }
        guard info.offset % UInt64(alignment) == 0 else {
            return .failure(
                Problem(message: "starts at byte \(info.offset) of the data, expected a multiple of \(alignment)"))
        }
        var size = 0
        if let block {
            let columns = shape.last ?? 1
            guard columns % block.elements == 0 else {
                return .failure(
                    Problem(
                        message: "rows of \(columns) elements, expected a multiple of \(block.elements) for \(typeName)"
                    ))
            }
            let (bytes, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bytes)
            guard !overflow, bytes <= available - Int(info.offset) else {
                return .failure(
                    Problem(
                        message:
                            "needs \(overflow ? "too many" : "\(bytes)") bytes from byte \(info.offset) of the data, "
                            + "which has \(available); the file is cut off"))
            }
            size = bytes
        }
        let first = min(start, file.size) + Int(info.offset)
        return .success(
            StoredTensor(
                name: info.name, shape: shape, type: type, typeName: typeName,
                file: file, bytes: first..<first + size))
    }

    private static func overlaps(_ tensors: [StoredTensor]) -> [String] {
        let sorted = tensors.filter { !$0.bytes.isEmpty }.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
        return zip(sorted, sorted.dropFirst()).compactMap { a, b in
            a.bytes.upperBound > b.bytes.lowerBound ? "tensors '\(a.name)' and '\(b.name)' overlap" : nil
        }
    }
}
