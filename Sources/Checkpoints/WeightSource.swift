/// A checkpoint's tensors: names, shapes, element types and bytes, read from mapped files.
package protocol WeightSource: Sendable {
    /// The file or folder, for messages.
    var path: String { get }
    /// In the order of the files.
    var tensors: [StoredTensor] { get }
    subscript(name: String) -> StoredTensor? { get }
    /// - Throws: `CheckpointError` if a file changed or was lost since it was opened.
    func check() throws(CheckpointError)
}

/// Tensors by name, in order. Names are compared byte by byte.
struct TensorTable: Sendable {
    let tensors: [StoredTensor]
    private let places: [[UInt8]: Int]

    /// - Returns: The table of the first tensor of each name, and the names that occur more than once.
    static func make(_ tensors: [StoredTensor]) -> (table: TensorTable, duplicates: [String]) {
        var places = [[UInt8]: Int](minimumCapacity: tensors.count)
        var duplicates: [String] = []
        for (index, tensor) in tensors.enumerated() {
            let key = Array(tensor.name.utf8)
            if places[key] != nil { duplicates.append(tensor.name) } else { places[key] = index }
        }
        return (TensorTable(tensors: tensors, places: places), duplicates)
    }

    subscript(name: String) -> StoredTensor? { places[Array(name.utf8)].map { tensors[$0] } }
}
