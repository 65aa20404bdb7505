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
        /// Only held-out keys, other expressions than those evaluated: what settings may be chosen by.
        case validation

        /// Whether its expressions are distinct, and kept out of what is trained on.
        var isKeptApart: Bool { self == .heldOut || self == .mixed || self == .validation }
    }

    package struct Settings: Sendable {
        package var operands: ClosedRange<Int>
        package var operators: [ArithmeticOperator]
        package var training: Int
        package var composition: Int
        /// Of each evaluated split.
        package var evaluation: Int
        package var validation: Int
        /// Which keys are used, by their places among the pairs; nil for all.
        package var keys: Range<Int>?
        /// Every expression has a key whose place among the pairs is below this, and one that isn't; nil for any.
        package var border: Int?
        package var seed: Int

        package init(
            operands: ClosedRange<Int>, operators: [ArithmeticOperator], training: Int, composition: Int,
            evaluation: Int, validation: Int = 0, keys: Range<Int>? = nil, border: Int? = nil, seed: Int
        ) {
            self.operands = operands
            self.operators = operators
            self.training = training
            self.composition = composition
            self.evaluation = evaluation
            self.validation = validation
            self.keys = keys
            self.border = border
            self.seed = seed
        }

        /// What can't be met with so many keys, in words, or nil; whatever ``keys`` and ``border`` say.
        package func problem(keys: Int, heldIn: Int) -> (parameter: String, message: String)? {
            problem(keys: keys, heldIn: heldIn) {
                expressions(over: $0 == .all ? keys : $0 == .heldIn ? heldIn : keys - heldIn)
            }
        }

        /// What can't be met with these pairs, in words, or nil.
        package func problem(over pairs: KeyValuePairs) -> (parameter: String, message: String)? {
            let used = used(of: pairs).pairs
            let low = keysBelowBorder(of: pairs)
            return problem(keys: used.count, heldIn: used.count(where: \.isHeldIn)) { side in
                let keys = used.filter { side == .all || $0.isHeldIn == (side == .heldIn) }
                guard let low else { return expressions(over: keys.count) }
                let below = keys.count { low.contains($0.key) }
                return expressions(over: keys.count) - expressions(over: below)
                    - expressions(over: keys.count - below)
            }
        }

        private enum Keys { case all, heldIn, heldOut }

        private func problem(
            keys: Int, heldIn: Int, expressions: (Keys) -> Double
        ) -> (parameter: String, message: String)? {
            // What is kept apart is distinct and no training split may hold one of it; half of what exists keeps both
            // sides easy to draw.
            let (heldOut, inside) = (expressions(.heldOut), expressions(.heldIn))
            let mixed = expressions(.all) - inside - heldOut
            let apart = [("held-out", evaluation + validation, heldOut), ("mixed", evaluation, mixed)]
            for (name, count, available) in apart where Double(count) > available / 2 {
                return (
                    "evaluation",
                    "\(count) \(name) expressions, but \(keys) keys, \(heldIn) of them held in, give only "
                        + "\(Int(available)); at most half may be evaluated: use more keys or operands, or evaluate fewer"
                )
            }
            if composition > 0, inside < 1 {
                return ("composition", "\(keys) keys, \(heldIn) of them held in, give no expression over held-in keys")
            }
            return nil
        }

        /// The keys before the border; nil without one.
        func keysBelowBorder(of pairs: KeyValuePairs) -> Set<String>? {
            border.map { border in Set(pairs.pairs.prefix(border).map(\.key)) }
        }

        /// The pairs whose keys are used.
        package func used(of pairs: KeyValuePairs) -> KeyValuePairs {
            guard let keys else { return pairs }
            return KeyValuePairs(pairs: Array(pairs.pairs[keys.clamped(to: pairs.pairs.indices)]))
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

        /// The largest magnitude of a step over values up to `maximum`; `Int.max` if it doesn't fit in 64 bits.
        package func magnitude(maximum: Int) -> Int {
            ArithmeticOperator.largestResult(of: operators, operands: operands.upperBound, maximum: maximum)
        }
    }

    package let splits: [Split: [Item]]

    /// Draws the expressions; the same pairs and settings give the same expressions.
    ///
    /// - Precondition: `settings.problem` is nil for the pairs.
    package static func generate(_ settings: Settings, over pairs: KeyValuePairs) -> KeyExpressions {
        let used = settings.used(of: pairs)
        let (all, heldIn, heldOut) = (used.pairs, used.heldIn, used.heldOut)
        precondition(settings.problem(over: pairs) == nil, "too few keys")
        let low = settings.keysBelowBorder(of: pairs)
        var apart: Set<ArithmeticExpression<Int>> = []

        func draw(_ split: Split, count: Int, from keys: [KeyValuePairs.Pair]) -> [Item] {
            var random = RandomGenerator(seed: UInt64(settings.seed), "kv.expressions." + split.rawValue)
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
                if let low {
                    let below = pairs.count { low.contains($0.key) }
                    guard below > 0, below < pairs.count else { continue }
                }
                let item = Item(operands: pairs.map { KeyedValue(key: $0.key, value: $0.value) }, operators: operators)
                let numeric = item.map(\.value)
                if split.isKeptApart {
                    guard apart.insert(numeric).inserted else { continue }
                } else if apart.contains(numeric) {
                    continue
                }
                items.append(item)
            }
            return items
        }

        var splits: [Split: [Item]] = [:]
        // What is kept apart first, so that the others can leave it out.
        splits[.heldOut] = draw(.heldOut, count: settings.evaluation, from: heldOut)
        splits[.mixed] = draw(.mixed, count: settings.evaluation, from: all)
        splits[.validation] = draw(.validation, count: settings.validation, from: heldOut)
        splits[.training] = draw(.training, count: settings.training, from: all)
        splits[.composition] = draw(.composition, count: settings.composition, from: heldIn)
        return KeyExpressions(splits: splits)
    }

    package subscript(split: Split) -> [Item] { splits[split] ?? [] }
}
