import Tensors

/// D_KV-EXP: expressions over keys, split by key and by expression.
///
/// No evaluated expression is in a training split. Values are unique, so an expression over keys and its numeric form
/// determine each other, and this holds for all tasks made from the expressions.
package struct KeyExpressions: Sendable, Equatable {
    package typealias Item = ArithmeticExpression<KeyedValue>

    package enum Split: String, CaseIterable, Sendable {
        /// Any keys: trains the base models.
        case training
        /// Only held-in keys: trains the composition.
        case composition
        /// Only held-out keys: evaluated.
        case heldOut = "held-out"
        /// At least one held-in and one held-out key: evaluated.
        case mixed
    }

    package struct Settings: Sendable {
        package var operands: ClosedRange<Int>
        package var operators: [ArithmeticOperator]
        package var training: Int
        package var composition: Int
        /// Of each evaluated split.
        package var evaluation: Int
        package var seed: Int

        package init(
            operands: ClosedRange<Int>, operators: [ArithmeticOperator], training: Int, composition: Int,
            evaluation: Int, seed: Int
        ) {
            self.operands = operands
            self.operators = operators
            self.training = training
            self.composition = composition
            self.evaluation = evaluation
            self.seed = seed
        }

        /// What can't be met with so many keys, in words, or nil.
        package func problem(keys: Int, heldIn: Int) -> (parameter: String, message: String)? {
            // Evaluated expressions are distinct and no training split may hold one of them; half of what exists keeps
            // both sides easy to draw.
            let heldOut = expressions(over: keys - heldIn)
            let mixed = expressions(over: keys) - expressions(over: heldIn) - heldOut
            for (name, available) in [("held-out", heldOut), ("mixed", mixed)] where Double(evaluation) > available / 2
            {
                return (
                    "evaluation",
                    "\(evaluation) \(name) expressions, but \(keys) keys, \(heldIn) of them held in, give only "
                        + "\(Int(available)); at most half may be evaluated: use more keys or operands, or evaluate fewer"
                )
            }
            return nil
        }

        private func expressions(over keys: Int) -> Double {
            var total = 0.0
            for count in operands {
                var product = Double(keys)
                for _ in 1..<count { product *= Double(keys * operators.count) }
                total += product
            }
            return total
        }

        /// The largest magnitude of a step over values up to `maximum`, or nil if it doesn't fit in an `Int`.
        package func magnitude(maximum: Int) -> Int? {
            let worst: ArithmeticOperator = operators.contains(.times) ? .times : .plus
            var magnitude = maximum
            for _ in 1..<operands.upperBound {
                // A sum of products is no larger than the product of all, except for values of 1.
                guard let next = worst(magnitude, max(maximum, 2)) else { return nil }
                magnitude = next
            }
            return magnitude
        }
    }

    package let splits: [Split: [Item]]

    /// Draws the expressions; the same pairs and settings give the same expressions.
    ///
    /// - Precondition: `settings.problem` is nil for the pairs.
    package static func generate(_ settings: Settings, over pairs: KeyValuePairs) -> KeyExpressions {
        let (all, heldIn, heldOut) = (pairs.pairs, pairs.heldIn, pairs.heldOut)
        precondition(settings.problem(keys: all.count, heldIn: heldIn.count) == nil, "too few keys")
        var evaluated: Set<ArithmeticExpression<Int>> = []

        func draw(_ split: Split, count: Int, from keys: [KeyValuePairs.Pair]) -> [Item] {
            var random = RandomGenerator(seed: UInt64(settings.seed), "kv.expressions." + split.rawValue)
            let isEvaluation = split == .heldOut || split == .mixed
            var items: [Item] = []
            items.reserveCapacity(count)
            while items.count < count {
                let size = settings.operands.lowerBound + random.integer(below: settings.operands.count)
                let pairs = (0..<size).map { _ in keys[random.integer(below: keys.count)] }
                let operators = (1..<size).map { _ in
                    settings.operators[random.integer(below: settings.operators.count)]
                }
                if split == .mixed {
                    guard pairs.contains(where: \.isHeldIn), !pairs.allSatisfy(\.isHeldIn) else { continue }
                }
                let item = Item(operands: pairs.map { KeyedValue(key: $0.key, value: $0.value) }, operators: operators)
                let numeric = item.map(\.value)
                if isEvaluation {
                    guard evaluated.insert(numeric).inserted else { continue }
                } else if evaluated.contains(numeric) {
                    continue
                }
                items.append(item)
            }
            return items
        }

        var splits: [Split: [Item]] = [:]
        // The evaluated splits first, so that the others can leave them out.
        splits[.heldOut] = draw(.heldOut, count: settings.evaluation, from: heldOut)
        splits[.mixed] = draw(.mixed, count: settings.evaluation, from: all)
        splits[.training] = draw(.training, count: settings.training, from: all)
        splits[.composition] = draw(.composition, count: settings.composition, from: heldIn)
        return KeyExpressions(splits: splits)
    }

    package subscript(split: Split) -> [Item] { splits[split] ?? [] }
}
