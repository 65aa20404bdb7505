/// The weights of a model of which only the files about text are here.
package struct NoWeights: WeightSource {
    package let path: String

    package var tensors: [StoredTensor] { [] }
    package subscript(name: String) -> StoredTensor? { nil }
    package func check() throws(CheckpointError) {}
}
