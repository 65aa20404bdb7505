import Foundation

/// The times that reports say of themselves.
///
/// Looked at are the `timestamp` attributes in the first 64 KiB of a file. One that says no zone is taken as of this machine's
/// zone. One in the future, or from before the year 2000, says nothing.
package struct ReportTimes: Hashable, Sendable {
    package let earliest: Double
    package let latest: Double

    /// Reports of one run are written within a day.
    package var spansDays: Bool { latest - earliest > 86_400 }

    /// When the run was that the files are of: its beginning or, if they span days, the latest of them.
    package var time: Double { spansDays ? latest : earliest }

    /// Nil if no file says a time.
    package init?(of files: [ReportInput], now: Double, zone: TimeZone = .current) {
        let times = files.compactMap { Self.time(in: $0.url, now: now, zone) }
        guard let earliest = times.min(), let latest = times.max() else { return nil }
        (self.earliest, self.latest) = (earliest, latest)
    }

    private static func time(in file: URL, now: Double, _ zone: TimeZone) -> Double? {
        guard let handle = try? FileHandle(forReadingFrom: file) else { return nil }
        defer { try? handle.close() }
        guard let bytes = try? handle.read(upToCount: 64 << 10) else { return nil }
        let times = startTags(Array(bytes)).compactMap { tag in
            tag.firstMatch(of: #/\stimestamp\s*=\s*["']([^"']{10,40})["']/#).flatMap { seconds(String($0.1), zone) }
        }
        return times.filter { $0 <= now + 1 && $0 >= 946_684_800 }.min()
    }

    /// The tags that begin suites and roots, found by their bytes: there may be many, in a large text.
    private static func startTags(_ bytes: [UInt8]) -> [String] {
        let names = ["<testsuite", "<testrun"].map { Array($0.utf8) }
        var tags: [String] = []
        var start = bytes.startIndex
        while let open = bytes[start...].firstIndex(of: UInt8(ascii: "<")) {
            start = open + 1
            guard names.contains(where: { bytes[open...].starts(with: $0) }) else { continue }
            let tag = bytes[open...].prefix(8192).prefix { $0 != UInt8(ascii: ">") }
            tags.append(String(decoding: tag, as: UTF8.self))
            start = tag.endIndex
        }
        return tags
    }

    /// Of `2026-11-25T09:00:00`, with fractions, a zone, or a space for the T.
    package static func seconds(_ text: String, _ zone: TimeZone) -> Double? {
        let pattern = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/
        guard let match = text.trimmingCharacters(in: .whitespaces).wholeMatch(of: pattern) else { return nil }
        let fields = [match.1, match.2, match.3, match.4, match.5, match.6].compactMap { Int($0) }
        guard fields.count == 6, (1...12).contains(fields[1]), (1...31).contains(fields[2]), fields[3] < 24,
            fields[4] < 60, fields[5] < 61
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        if let offset = match.8 {
            let digits = offset.filter(\.isNumber)
            let minutes = (Int(digits.prefix(2)) ?? 0) * 60 + (Int(digits.suffix(2)) ?? 0)
            guard let zone = TimeZone(secondsFromGMT: (offset.hasPrefix("-") ? -minutes : minutes) * 60) else {
                return nil
            }
            calendar.timeZone = zone
        }
        let date = calendar.date(
            from: DateComponents(
                year: fields[0], month: fields[1], day: fields[2], hour: fields[3], minute: fields[4],
                second: fields[5]))
        return date.map { $0.timeIntervalSince1970 + (match.7.flatMap { Double("0.\($0)") } ?? 0) }
    }
}
