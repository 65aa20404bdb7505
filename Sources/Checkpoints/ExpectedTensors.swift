/// A tensor that a model needs.
package struct ExpectedTensor: Sendable, Equatable {
    package let name: String
    package let shape: [Int]

    package init(_ name: String, _ shape: [Int]) {
        self.name = name
        self.shape = shape
    }
}

extension WeightSource {
    /// Everything that keeps a model from using this checkpoint: missing, misshapen and surplus tensors, and element types that
    /// can't be read. Empty if nothing does.
    ///
    /// - Parameters:
    ///   - optional: Tensors that may be there; if they are, their shapes count.
    ///   - isIgnored: Tensors that checkpoints carry and models don't need.
    package func problems(
        expecting expected: [ExpectedTensor], optional: [ExpectedTensor] = [],
        ignoring isIgnored: (String) -> Bool = { _ in false }
    ) -> [String] {
        let known = Set((expected + optional).map { Array($0.name.utf8) })
        let surplus = tensors.filter { !known.contains(Array($0.name.utf8)) && !isIgnored($0.name) }
        let surplusNames = surplus.map(\.name)
        var problems: [String] = []
        var suggestions = 0
        for tensor in expected where self[tensor.name] == nil {
            // Naming the nearest takes time; after some, it doesn't help any more.
            suggestions += 1
            let nearest = suggestions <= 100 ? nearestTensorName(to: tensor.name, among: surplusNames) : nil
            problems.append(
                "missing tensor '\(tensor.name)' \(tensor.shape)" + (nearest.map { "; the nearest is '\($0)'" } ?? ""))
        }
        for tensor in expected + optional {
            guard let stored = self[tensor.name] else { continue }
            if stored.shape != tensor.shape {
                problems.append("tensor '\(tensor.name)': shape \(stored.shape), expected \(tensor.shape)")
            }
            if stored.type == nil { problems.append(stored.unsupportedType) }
        }
        problems += surplus.map { "surplus tensor '\($0.name)' \($0.shape)" }
        return problems
    }
}
