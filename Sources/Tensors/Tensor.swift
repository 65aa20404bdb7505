/// A dense row-major array of `Float32`: a value that crosses the borders of the engine (checkpoints, logits, fixtures).
///
/// Inside a training step activations live on a ``Tape`` and weights in ``Parameters``; neither copies through here.
package struct Tensor: Sendable, Equatable {
    package let shape: [Int]
    package var elements: [Float]

    /// Wraps elements in row-major order; their count must be the product of the shape.
    package init(shape: [Int], elements: [Float]) {
        precondition(
            shape.allSatisfy { $0 >= 0 } && shape.reduce(1, *) == elements.count,
            "tensor of shape \(shape) needs \(shape.reduce(1, *)) elements, got \(elements.count)")
        self.shape = shape
        self.elements = elements
    }

    /// A tensor of zeros.
    package init(zeros shape: [Int]) {
        self.init(shape: shape, elements: [Float](repeating: 0, count: shape.reduce(1, *)))
    }

    /// Row `index` of a matrix.
    package func row(_ index: Int) -> ArraySlice<Float> {
        precondition(
            shape.count == 2 && index >= 0 && index < shape[0], "no row \(index) in a tensor of shape \(shape)")
        return elements[index * shape[1]..<(index + 1) * shape[1]]
    }
}
