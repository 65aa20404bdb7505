/// How integers are spelled in digit tokens. People always see and write decimals.
package struct NumberWriting: Sendable, Hashable, Codable {
    package enum Style: String, CaseIterable, Sendable, Codable {
        /// `-12` → `- 1 2`.
        case natural
        /// Most significant digit first, zero-padded to the width: `-12` → `- 0 0 1 2`.
        case padded
        /// Least significant digit first, zero-padded to the width: `-12` → `- 2 1 0 0`.
        case reversed
        /// Least significant digit first, ten's complement modulo 10^width: `-12` → 9988 → `8 8 9 9`.
        case complement
        /// Only behind a label, without a sign, least significant digit first and each digit behind its address:
        /// `<1>12` → `<1.0> 2 <1.1> 1`. What calculations in columns are written with.
        case columns
    }

    package let style: Style
    /// Digits a number; 0 for the natural style.
    package let width: Int

    /// - Precondition: the width is 0 for the natural style, 1…8 for columns and 1…18 for the others.
    package init(style: Style, width: Int) {
        self.style = style
        self.width = width
        precondition(isValid, "a width of \(width) for \(style)")
    }

    /// Whether the width suits the style; a decoded value may not be valid.
    var isValid: Bool { style == .natural ? width == 0 : (1...style.widest).contains(width) }

    /// The largest magnitude that can be written.
    package var capacity: Int {
        switch style {
        case .natural: Int.max
        case .padded, .reversed, .columns: NumberWriting.power(width) - 1
        case .complement: NumberWriting.power(width) / 2 - 1
        }
    }

    /// The smallest width that can write magnitudes up to `magnitude`, or nil if none can.
    package static func width(for magnitude: Int, style: Style) -> Int? {
        if style == .natural { return 0 }
        return (1...style.widest).first { NumberWriting(style: style, width: $0).capacity >= magnitude }
    }

    /// The digits of `number` in the order in which they are written, and whether a minus sign stands in front.
    ///
    /// Nil if the number is larger than `capacity`.
    package func digits(of number: Int) -> (negative: Bool, digits: [Int])? {
        guard number != Int.min, abs(number) <= capacity else { return nil }
        if style == .complement {
            let modulus = NumberWriting.power(width)
            return (false, leastFirst((number + modulus) % modulus))
        }
        let digits = leastFirst(abs(number))
        return (number < 0, style == .reversed || style == .columns ? digits : digits.reversed())
    }

    /// The number that `digits` spell, or nil if they are too few or too many.
    package func number(digits: [Int], negative: Bool) -> Int? {
        guard style == .natural ? (1...18).contains(digits.count) : digits.count == width else { return nil }
        let leastFirst = style == .padded || style == .natural ? digits.reversed() : digits
        let magnitude = leastFirst.reversed().reduce(0) { $0 * 10 + $1 }
        if style == .complement {
            // The sign is in the digits: one more in front would be a second one.
            if negative { return nil }
            let modulus = NumberWriting.power(width)
            return magnitude >= modulus / 2 ? magnitude - modulus : magnitude
        }
        return negative ? -magnitude : magnitude
    }

    private func leastFirst(_ number: Int) -> [Int] {
        var digits: [Int] = []
        var rest = number
        repeat {
            digits.append(rest % 10)
            rest /= 10
        } while rest > 0
        while digits.count < width { digits.append(0) }
        return digits
    }

    private static func power(_ exponent: Int) -> Int { (0..<exponent).reduce(1) { power, _ in power * 10 } }
}

extension NumberWriting.Style {
    /// The most digits a number. Each digit of a column has an address in the vocabulary, so that these are fewer.
    package var widest: Int { self == .columns ? 8 : 18 }
}
