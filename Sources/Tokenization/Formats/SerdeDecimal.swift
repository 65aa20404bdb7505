/// A decimal number as the crate `serde_json` reads it, by which Hugging Face reads scores: mostly the nearest Double, sometimes
/// the one next to it. Ways to cut a text are compared by sums of scores, so the last bit counts.
///
/// The digits that fit 64 bits are one integer, further ones are dropped, and the integer is multiplied with or divided by a power
/// of ten; both are rounded.
package enum SerdeDecimal {
    /// nil if the number is too large.
    ///
    /// - Parameter text: a number as JSON has them.
    package static func value(_ text: some Sequence<UInt8>) -> Double? {
        var significand: UInt64 = 0
        var exponent = 0
        var isNegative = false
        var isFraction = false
        /// Digits that don't fit are dropped, and with them all that follow.
        var isFull = false
        var written: (digits: Int, isNegative: Bool)?
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"):
                if written == nil { isNegative = true } else { written?.isNegative = true }
            case UInt8(ascii: "."):
                isFraction = true
                isFull = false
            case UInt8(ascii: "e"), UInt8(ascii: "E"): written = (0, false)
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let digit = UInt64(byte & 15)
                if let known = written {
                    // More than any Double has.
                    written?.digits = min(known.digits * 10 + Int(digit), 1 << 20)
                    continue
                }
                let (product, overflowed) = significand.multipliedReportingOverflow(by: 10)
                let (sum, carried) = product.addingReportingOverflow(digit)
                if isFull || overflowed || carried {
                    isFull = true
                    if !isFraction { exponent += 1 }
                } else {
                    significand = sum
                    if isFraction { exponent -= 1 }
                }
            default: break
            }
        }
        if let written { exponent += written.isNegative ? -written.digits : written.digits }
        var value = Double(significand)
        while exponent < -308, value != 0 {
            value /= 1e308
            exponent += 308
        }
        if value == 0 { return isNegative ? -0.0 : 0 }
        guard exponent <= 308 else { return nil }
        if exponent >= 0 { value *= powers[exponent] } else { value /= powers[-exponent] }
        guard value.isFinite else { return nil }
        return isNegative ? -value : value
    }

    private static let powers = (0...308).map { Double("1e\($0)") ?? .infinity }
}
