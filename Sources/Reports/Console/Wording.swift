import Foundation

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
