import Foundation
import Reports
import Testing

@Suite struct ReportTimesTests {
    @Test(
        "timestamps of all writers are read; without a zone they are local",
        arguments: [
            ("2026-01-05T10:00:00Z", 1_767_607_200.0), ("2026-01-05T10:00:00", 1_767_603_600),
            ("2026-01-05T10:00:00.250+01:00", 1_767_603_600.25), ("2026-01-05 10:00:00,5-0130", 1_767_612_600.5),
            ("2026-01-05T10:00:00 UTC", 1_767_607_200), ("2026-13-05T10:00:00Z", nil), ("yesterday", nil), ("", nil),
        ])
    func formats(text: String, expected: Double?) throws {
        let zone = try #require(TimeZone(secondsFromGMT: 3600))
        #expect(ReportTimes.seconds(text, zone) == expected)
    }

    @Test("history is placed by its time, all else behind what was ingested before")
    func order() {
        let now = 1_000_000.0
        #expect(RunOrder.place(nil, now: now, latest: nil) == now)
        #expect(RunOrder.place(now - 100_000, now: now, latest: now - 5) == now - 100_000)
        #expect(RunOrder.place(now - 80_000, now: now, latest: now - 5) == now)
        #expect(RunOrder.place(now + 1e9, now: now, latest: now - 5) == now)
        // A clock was ahead.
        #expect(RunOrder.place(nil, now: now, latest: now + 500) > now + 500)
        #expect(RunOrder.place(nil, now: now, latest: 4e15) > 4e15)
    }
}
