extension StageResolver {
    /// Lets each kind check its parameters against what is known of its inputs, in topological order.
    ///
    /// A stage with a mistake, or downstream of one, isn't planned: its facts aren't complete, and a complaint about
    /// them would only repeat the mistake.
    mutating func plan(_ order: [Int], _ inputs: [ResolvedInputs]) {
        /// By cell, then by output role; nil if the cell isn't planned.
        var facts: [[String: Facts]?] = Array(repeating: nil, count: cells.count)
        for cell in order {
            guard let stage = checked[cell], stage.hasSoundParameters, inputs[cell].isSound,
                !declarations[cells[cell].declaration].hasBrokenMatrix,
                inputs[cell].dependencies.allSatisfy({ facts[$0.cell] != nil })
            else { continue }
            let known = inputs[cell].references.mapValues { references in
                references.map { reference -> Facts in
                    guard case .output(let producer, let role) = reference, let index = cellIndex[producer] else {
                        return [:]
                    }
                    return facts[index]?[role] ?? [:]
                }
            }
            let subject = "stage \(quoted(cells[cell].name))"
            let location = declarations[cells[cell].declaration].location
            do {
                facts[cell] = try stage.plan(known)
            } catch let error as PlanningError {
                if let parameter = error.parameter {
                    collector.report(
                        stage.parameterLocations[parameter] ?? location,
                        "\(subject): parameter \(quoted(parameter)): \(error.message)")
                } else {
                    collector.report(location, "\(subject): \(error.message)")
                }
            } catch {
                collector.report(location, "\(subject): \(error)")
            }
        }
    }
}
