import Glibc

/// A moment of the calendar in UTC, to the second.
///
/// By the C library: Foundation's calendars and time zones take milliseconds to load.
package struct UTCTime {
    private let parts: tm

    /// - Parameter seconds: Since 1970; at most 10¹¹ of them, some three thousand years.
    package init(_ seconds: Double) {
        var whole = time_t(max(-1e11, min(seconds, 1e11)).rounded(.down))
        var parts = tm()
        gmtime_r(&whole, &parts)
        self.parts = parts
    }

    /// `2026-11-23` with the separator given.
    package func day(_ separator: String = "-") -> String {
        [Self.digits(parts.tm_year + 1900, 4), Self.digits(parts.tm_mon + 1), Self.digits(parts.tm_mday)]
            .joined(separator: separator)
    }

    /// `07:10:03` with the separator given.
    package func time(_ separator: String = ":") -> String {
        [parts.tm_hour, parts.tm_min, parts.tm_sec].map { Self.digits($0) }.joined(separator: separator)
    }

    private static func digits(_ number: Int32, _ count: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
