import Tensors

/// D_KV: unique random strings, each with a unique integer, and which of them composition may see.
///
/// Source: CALM (arXiv 2401.02412), §4.1, "Key-Value Domain Knowledge".
package struct KeyValuePairs: Sendable, Equatable {
    package struct Pair: Sendable, Equatable {
        package let key: String
        package let value: Int
        /// True if the composition's training data may use the key.
        package let isHeldIn: Bool
    }

    package struct Settings: Sendable {
        package var count: Int
        /// Values are drawn without repetition from 1…maximum.
        package var maximum: Int
        package var keyLengths: ClosedRange<Int>
        package var heldInShare: Double
        package var seed: Int

        package init(count: Int, maximum: Int, keyLengths: ClosedRange<Int>, heldInShare: Double, seed: Int) {
            self.count = count
            self.maximum = maximum
            self.keyLengths = keyLengths
            self.heldInShare = heldInShare
            self.seed = seed
        }

        /// How many keys are held in: the share, rounded to the nearest count.
        package var heldInCount: Int { Int((Double(count) * heldInShare).rounded()) }

        /// What can't be met, in words, or nil.
        package var problem: (parameter: String, message: String)? {
            let strings = KeyValuePairs.capacity(lengths: keyLengths)
            if count > strings {
                return (
                    "count",
                    "\(count) keys, but only \(strings) strings of \(keyLengths.lowerBound) to "
                        + "\(keyLengths.upperBound) letters exist; allow longer keys or fewer of them"
                )
            }
            if count > maximum {
                return (
                    "maximum", "\(count) keys need as many different values, but only 1…\(maximum) are allowed"
                )
            }
            if heldInCount < 1 || heldInCount >= count {
                return (
                    "held-in-share",
                    "a share of \(heldInShare) of \(count) keys leaves \(heldInCount) held in and "
                        + "\(count - heldInCount) held out; both must be at least 1"
                )
            }
            return nil
        }
    }

    package let pairs: [Pair]

    package init(pairs: [Pair]) { self.pairs = pairs }

    package var heldIn: [Pair] { pairs.filter(\.isHeldIn) }
    package var heldOut: [Pair] { pairs.filter { !$0.isHeldIn } }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz")

    /// How many strings of `lengths` letters there are, capped at `Int.max`.
    package static func capacity(lengths: ClosedRange<Int>) -> Int {
        var total = 0
        var power = 1
        for length in 1...lengths.upperBound {
            let (product, overflow) = power.multipliedReportingOverflow(by: letters.count)
            if overflow { return Int.max }
            power = product
            if length >= lengths.lowerBound {
                let (sum, overflow) = total.addingReportingOverflow(power)
                if overflow { return Int.max }
                total = sum
            }
        }
        return total
    }

    /// Draws the pairs; the same settings give the same pairs.
    ///
    /// - Precondition: `settings.problem` is nil.
    package static func generate(_ settings: Settings) -> KeyValuePairs {
        precondition(settings.problem == nil, settings.problem?.message ?? "")
        var random = RandomGenerator(seed: UInt64(settings.seed), "kv.pairs")

        // A length whose strings are used up is not drawn again, so that this ends for any count that fits.
        var remaining = settings.keyLengths.map { (length: $0, count: capacity(lengths: $0...$0)) }
        var keys: [String] = []
        var seen: Set<String> = []
        while keys.count < settings.count {
            let slot = random.integer(below: remaining.count)
            let key = String((0..<remaining[slot].length).map { _ in letters[random.integer(below: letters.count)] })
            guard seen.insert(key).inserted else { continue }
            keys.append(key)
            remaining[slot].count -= 1
            if remaining[slot].count == 0 { remaining.remove(at: slot) }
        }

        let values = sample(settings.count, below: settings.maximum, using: &random)
        let heldIn = Set(sample(settings.heldInCount, below: settings.count, using: &random))
        return KeyValuePairs(
            pairs: keys.indices.map { Pair(key: keys[$0], value: values[$0] + 1, isHeldIn: heldIn.contains($0)) })
    }

    /// `count` different integers in 0..<bound, in random order: a partial Fisher–Yates shuffle kept sparse.
    private static func sample(_ count: Int, below bound: Int, using random: inout RandomGenerator) -> [Int] {
        var moved: [Int: Int] = [:]
        return (0..<count).map { index in
            let other = index + random.integer(below: bound - index)
            let value = moved[other] ?? other
            moved[other] = moved[index] ?? index
            return value
        }
    }
}
