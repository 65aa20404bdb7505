import Foundation

/// The name of a run: sortable by time, and told apart within a second.
enum RunIdentifier {
    /// `20261123T071003Z-ab12cd34`, in UTC.
    static func make(at date: Date) -> String {
        let moment = UTCTime(date.timeIntervalSince1970)
        let stamp = "\(moment.day(""))T\(moment.time(""))Z"
        let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
        return "\(stamp)-\(String(repeating: "0", count: 8 - suffix.count))\(suffix)"
    }
}
