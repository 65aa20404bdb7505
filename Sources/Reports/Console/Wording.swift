import Foundation
import Pipelines

/// `1 stage`, `2 stages`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Seconds as people read them: `4 ms`, `12.3 s`, `3 min 05 s`; a dash for what is no time.
package func formatted(seconds: Double) -> String {
    guard seconds >= 0, seconds < 1e12 else { return "–" }
    let milliseconds = Int((seconds * 1000).rounded())
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    if seconds < 59.95 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    return whole < 3600
        ? String(format: "%d min %02d s", whole / 60, whole % 60)
        : String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
}

/// A number as people read it: four significant digits, whole numbers in full with groups of three digits.
package func formatted(number: Double) -> String {
    guard number.isFinite else { return number.isNaN ? "not a number" : number > 0 ? "∞" : "-∞" }
    guard abs(number) < 1e15, number.rounded() == number || abs(number) >= 9_999.5 else {
        return String(format: "%.4g", number)
    }
    let digits = String(Int(abs(number.rounded())))
    var grouped = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
        grouped.append(digit)
    }
    return (number < 0 && grouped != "0" ? "-" : "") + grouped
}

/// A moment in seconds since 1970 as ISO 8601, in UTC.
package func timestamp(_ seconds: Double) -> String {
    let moment = UTCTime(seconds)
    return "\(moment.day())T\(moment.time())Z"
}

/// A count of bytes in powers of 1,000.
package func formatted(bytes: Int) -> String {
    var value = Double(bytes)
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000 || unit == "GB" { return unit == "B" ? "\(bytes) B" : String(format: "%.1f ", value) + unit }
        value /= 1000
    }
    return "\(bytes) B"
}
