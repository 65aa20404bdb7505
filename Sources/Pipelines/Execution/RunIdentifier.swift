import Foundation

/// The name of a run: sortable by time, and told apart within a second.
enum RunIdentifier {
    /// `20261123T071003Z-ab12`, in UTC.
    static func make(at date: Date) -> String {
        let stamp = date.formatted(
            .verbatim(
                """
                \(year: .padded(4))\(month: .twoDigits)\(day: .twoDigits)T\
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\
                \(second: .twoDigits)Z
                """, locale: Locale(identifier: "en_US_POSIX"), timeZone: .gmt,
                calendar: Calendar(identifier: .gregorian)))
        let suffix = String(UInt16.random(in: .min ... .max), radix: 16)
        return "\(stamp)-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
    }
}
