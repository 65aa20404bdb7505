import Foundation

/// Seconds as reports write them: `1.25`, `1.5e-05`, `1,234.5` and `1,234,567` with thousands separators, `0,25` and `1,5`
/// with a decimal comma. Nil for what is no time: nothing, words, negative and infinite numbers.
func junitSeconds(_ text: UnsafePointer<CChar>) -> Double? {
    var end: UnsafeMutablePointer<CChar>?
    let value = strtod(text, &end)
    if let end, end != UnsafeMutablePointer(mutating: text), end.pointee == 0 {
        return value.isFinite && value >= 0 ? value : nil
    }
    var words = String(cString: text).trimmingCharacters(in: .whitespacesAndNewlines)
    if words.hasSuffix("s") { words.removeLast() }
    let groups = words.split(separator: ",", omittingEmptySubsequences: false)
    if groups.count > 1 {
        let whole = groups.dropFirst().map { $0.prefix { $0 != "." } }
        let areThousands = whole.allSatisfy { $0.count == 3 } && (1...3).contains(groups[0].count) && groups[0] != "0"
        words = areThousands ? groups.joined() : groups.count == 2 ? groups.joined(separator: ".") : ""
    }
    guard let seconds = Double(words), seconds.isFinite, seconds >= 0 else { return nil }
    return seconds
}

/// Seconds as reports have them: three decimals and no exponent, as Jenkins' schema asks.
func junitTime(_ seconds: Double) -> String {
    // Not by a format, which costs more than the rest of a case.
    let milliseconds = Int((max(0, min(seconds, 1e12)) * 1000).rounded())
    let rest = String(milliseconds % 1000)
    return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
}
