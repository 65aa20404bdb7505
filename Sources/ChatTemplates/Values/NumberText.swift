import Foundation

/// Numbers as Python writes them.
enum NumberText {
    /// `repr(float)`: the shortest digits that are read back as the same number.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
        // Swift's digits are as short; only the layout differs.
        let (sign, digits, point) = parts(value.description)
        if point > 16 || point <= -4 {
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = String(abs(exponent))
            let padded = (magnitude.count < 2 ? "0" : "") + magnitude
            return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+") + padded
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) + ".0" }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// The significant digits, and how many of them stand before the point.
    private static func parts(_ description: String) -> (sign: String, digits: String, point: Int) {
        var text = Substring(description)
        let sign = text.hasPrefix("-") ? "-" : ""
        text = text.dropFirst(sign.count)
        var exponent = 0
        if let e = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: e)...]) ?? 0
            text = text[..<e]
        }
        let pieces = text.split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(pieces[0])
        let fraction = pieces.count > 1 ? String(pieces[1]) : ""
        let all = whole + fraction
        let leadingZeros = all.prefix { $0 == "0" }.count
        var digits = String(all.dropFirst(leadingZeros))
        while digits.hasSuffix("0") { digits.removeLast() }
        return (sign, digits, whole.count - leadingZeros + exponent)
    }

    /// `float(text)`, or nil.
    static func double(_ text: String) -> Double? {
        let trimmed = PythonText.strip(text, nil, left: true, right: true).lowercased()
        let unsigned = trimmed.hasPrefix("-") || trimmed.hasPrefix("+") ? String(trimmed.dropFirst()) : trimmed
        switch unsigned {
        case "inf", "infinity": return trimmed.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        let digits = unsigned.utf8.filter { $0 != UInt8(ascii: "_") }
        guard digits.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 101].contains($0) }), !digits.isEmpty else {
            return nil
        }
        return Double(trimmed.replacingOccurrences(of: "_", with: ""))
    }

    /// `int(text, base)`, or nil.
    static func integer(_ text: String, base: Int) -> Int? {
        var trimmed = PythonText.strip(text, nil, left: true, right: true).lowercased()
        let isNegative = trimmed.hasPrefix("-")
        if isNegative || trimmed.hasPrefix("+") { trimmed.removeFirst() }
        let prefixes = [16: "0x", 8: "0o", 2: "0b"]
        if let prefix = prefixes[base], trimmed.hasPrefix(prefix) { trimmed.removeFirst(2) }
        guard (2...36).contains(base), let first = trimmed.first, first != "_", first != "-", first != "+" else {
            return nil
        }
        guard !trimmed.hasSuffix("_"), !trimmed.contains("__") else { return nil }
        return Int((isNegative ? "-" : "") + trimmed.replacingOccurrences(of: "_", with: ""), radix: base)
    }

    /// Fixed or scientific notation with so many digits, as C's `printf` does.
    static func formatted(_ value: Double, _ conversion: Character, _ precision: Int) -> String {
        if !value.isFinite { return text(value) }
        return String(format: "%.\(min(precision, 400))\(conversion)", value)
    }
}
