import Foundation

/// The name of a run: sortable by time, and told apart within a second.
enum RunIdentifier {
    /// `20261123T071003Z-ab12cd34`, in UTC.
    static func make(at date: Date) -> String {
        // By the C library: Foundation's calendars take milliseconds to load.
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int32, _ count: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let day = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1) + digits(parts.tm_mday)
        let stamp = "\(day)T\(digits(parts.tm_hour))\(digits(parts.tm_min))\(digits(parts.tm_sec))Z"
        let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
        return "\(stamp)-\(String(repeating: "0", count: 8 - suffix.count))\(suffix)"
    }
}
