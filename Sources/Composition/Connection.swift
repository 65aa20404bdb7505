/// One place where the augmenting model's hidden states enter the anchor: 0-based block outputs, augmenting first.
package struct Connection: Hashable, Sendable, Codable {
    package let augmenting: Int
    package let anchor: Int

    package init(augmenting: Int, anchor: Int) {
        self.augmenting = augmenting
        self.anchor = anchor
    }
}

/// How connections are chosen: a preset, or pairs.
///
/// Source: CALM (arXiv 2401.02412), §3.1 "Compositional Layers" and §4 (every 4th layer of the augmenting model).
package enum ConnectionChoice: Hashable, Sendable {
    /// Every 4th block output of the augmenting model, at least one, spread evenly over the anchor.
    case every4th
    /// Every n-th block output of the augmenting model, at least one, spread evenly over the anchor.
    case everyNth(Int)
    /// n block outputs spread evenly over each model, the last included.
    case uniform(Int)
    /// n neighbouring block outputs in the middle of each model.
    case middle(Int)
    /// The last n block outputs of each model.
    case last(Int)
    case pairs([Connection])

    /// The connections between models of so many blocks, ordered by anchor layer, then by augmenting layer.
    ///
    /// - Throws: `CompositionError` if the models are too shallow for the choice, or a pair stands twice.
    package func connections(augmentingLayers: Int, anchorLayers: Int) throws -> [Connection] {
        switch self {
        case .every4th:
            return try ConnectionChoice.everyNth(4).connections(
                augmentingLayers: augmentingLayers, anchorLayers: anchorLayers)
        case .everyNth(let step):
            guard step >= 1 else { throw CompositionError("every-nth: expected at least 1, found \(step)") }
            let count = min(max(1, augmentingLayers / step), anchorLayers)
            let last = augmentingLayers < step ? augmentingLayers : step
            let anchor = spread(count, over: anchorLayers)
            return (0..<count).map { Connection(augmenting: last + $0 * step - 1, anchor: anchor[$0]) }
        case .uniform(let count):
            try check(count, augmentingLayers, anchorLayers)
            return zip(spread(count, over: augmentingLayers), spread(count, over: anchorLayers))
                .map { Connection(augmenting: $0, anchor: $1) }
        case .middle(let count):
            try check(count, augmentingLayers, anchorLayers)
            let (augmenting, anchor) = ((augmentingLayers - count) / 2, (anchorLayers - count) / 2)
            return (0..<count).map { Connection(augmenting: augmenting + $0, anchor: anchor + $0) }
        case .last(let count):
            try check(count, augmentingLayers, anchorLayers)
            return (0..<count).map {
                Connection(augmenting: augmentingLayers - count + $0, anchor: anchorLayers - count + $0)
            }
        case .pairs(let pairs):
            guard !pairs.isEmpty else { throw CompositionError("a composition needs at least one connection") }
            for pair in pairs
            where !(0..<augmentingLayers).contains(pair.augmenting) || !(0..<anchorLayers).contains(pair.anchor) {
                throw CompositionError(
                    "connection [\(pair.augmenting), \(pair.anchor)]: the augmenting model has blocks "
                        + "0…\(augmentingLayers - 1), the anchor 0…\(anchorLayers - 1)")
            }
            guard Set(pairs).count == pairs.count else { throw CompositionError("a connection stands twice") }
            return pairs.sorted { ($0.anchor, $0.augmenting) < ($1.anchor, $1.augmenting) }
        }
    }

    /// `count` indices spread evenly over `layers`, the last included.
    private func spread(_ count: Int, over layers: Int) -> [Int] {
        (0..<count).map { ($0 + 1) * layers / count - 1 }
    }

    private func check(_ count: Int, _ augmentingLayers: Int, _ anchorLayers: Int) throws {
        let fewest = min(augmentingLayers, anchorLayers)
        guard (1...max(1, fewest)).contains(count) else {
            throw CompositionError("expected 1 to \(fewest) connections between these models, found \(count)")
        }
    }
}

/// A composition that can't be made; the message says what was found and what was expected.
package struct CompositionError: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
