import Catalogue
import Testing

@Suite("Durations") struct JUnitDurationTests {
    private static func report(_ times: [String], suite: String = "") -> String {
        let cases = times.enumerated().map { "<testcase name='\($0)' time=\"\($1)\"/>" }.joined()
        return "<testsuite name='s' \(suite.isEmpty ? "" : "time=\"\(suite)\"")>\(cases)</testsuite>"
    }

    private static let singleRows: [(String, Double?)] = [
        ("1.25", 1.25), ("1.5e-05", 0.000015), (".5", 0.5), ("5.", 5), (" 2 ", 2), ("+3", 3), ("0", 0), ("007", 7),
        // Thousands and decimals.
        ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1,234,567", 1_234_567), ("1.234.567", 1_234_567), ("0,25", 0.25),
        ("1,5", 1.5), ("12,5", 12.5), ("0,160", 0.16), ("1,23456", 1.23456), ("1234,567", 1234.567),
        ("1'234.5", 1234.5),
        ("1’234,5", 1234.5), ("1 234,5", 1234.5), ("1\u{A0}234,5", 1234.5), ("1\u{202F}234.5", 1234.5),
        ("1_234.5", 1234.5),
        // Units.
        ("12ms", 0.012), ("1.5 s", 1.5), ("1.5e-05s", 0.000015), ("2m 3s", 123), ("1h", 3600), ("3 min", 180),
        ("250 µs", 0.00025), ("250us", 0.00025), ("40 ns", 4e-8), ("1,5 sec", 1.5), ("1h2m3.5s", 3723.5),
        ("2 minutes", 120),
        ("1 hour, 2 minutes", 3720), ("1d", 86_400), ("0.5 Seconds", 0.5), ("1 h 30 min", 5400),
        // Clocks.
        ("00:01:02.5", 62.5), ("1:02", 62), ("01:00:00", 3600), ("00:00:00.1234567", 0.1234567),
        ("1.02:03:04.5", 93_784.5),
        ("00:00:01,25", 1.25), ("1:02:03:04", 93_784), ("90:00", 5400),
        // ISO 8601.
        ("PT1M2.5S", 62.5), ("PT0.001S", 0.001), ("P1DT1S", 86_401), ("PT1H", 3600), ("pt2s", 2), ("PT1,5S", 1.5),
        // None of these.
        ("soon", nil), ("NaN", nil), ("-1", nil), ("-5ms", nil), ("inf", nil), ("Infinity", nil), ("1 234 56", nil),
        ("1,2,3", nil),
        ("1:99", nil), ("1:2:3:4:5", nil), ("5 parsecs", nil), ("3s 2m", nil), ("PT", nil), ("P", nil), ("PT5", nil),
        ("1.2.3,4", nil),
        ("-PT1S", nil), ("1e999", nil), ("s", nil), (":", nil), ("1:", nil), (",", nil), ("1..2", nil), ("--", nil),
    ]

    @Test("is read, or counted in a warning", arguments: singleRows.indices)
    func single(number: Int) throws {
        let (text, expected) = Self.singleRows[number]
        let report = try ReadReport(Self.report([text]))
        let found = report.cases[0].seconds
        if let expected, let found {
            #expect(abs(found - expected) <= expected * 1e-12, "\(text): \(found)")
        } else {
            #expect(found == expected, "\(text)")
        }
        #expect(
            report.summary.warnings
                == (expected == nil ? ["1 duration can't be understood, such as '\(text)'"] : []))
    }

    private static let ambiguousRows: [(times: [String], suite: String, expected: [Double?])] = [
        // Other values tell which comma it is, wherever they stand.
        (["0,160", "1,234", "12,5"], "13,894", [0.16, 1.234, 12.5]), (["1,234", "12,5"], "", [1.234, 12.5]),
        (["1,234", "2,34567"], "", [1.234, 2.34567]), (["1,234"], "1.234,5", [1.234]),
        (["0.5", "1,234"], "", [0.5, 1234]), (["1,234", "1,000.25"], "", [1234, 1000.25]),
        (["1,234", "1,234,567"], "", [1234, 1_234_567]), (["1,234", "12"], "1,246.5", [1234, 12]),
        // So does the suite's sum.
        (["1,234", "12"], "1246", [1234, 12]), (["1,234", "12", "3"], "16,234", [1.234, 12, 3]),
        // If nothing does, it is the decimal one.
        (["1,234"], "", [1.234]), (["1,234", "2,345"], "3,579", [1.234, 2.345]),
        (["1,234 ms", "1,5 ms"], "", [0.001234, 0.0015]),
    ]

    @Test("a comma before three digits is what the whole file says", arguments: ambiguousRows.indices)
    func ambiguous(number: Int) throws {
        let (times, suite, expected) = Self.ambiguousRows[number]
        let found = try ReadReport(Self.report(times, suite: suite)).cases.map(\.seconds)
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
            #expect(abs((found ?? -1) - (expected ?? -1)) < 1e-12, "\(times) \(suite): \(found ?? -1)")
        }
    }

    @Test("in another suite as well, and for a file that is mended")
    func elsewhere() throws {
        let xml = "<testsuites>\(Self.report(["1,234"]))\(Self.report(["0,5"]))</testsuites>"
        #expect(try ReadReport(xml).cases.map(\.seconds) == [1.234, 0.5])
        let broken = "<testsuites>\(Self.report(["1,234"]))\(Self.report(["0,5"]))<x a=b/></testsuites>"
        #expect(try ReadReport(broken).cases.map(\.seconds) == [1.234, 0.5])
    }

    @Test(
        "other attributes say it, in their own unit, where 'time' doesn't",
        arguments: [
            ("duration='1.5'", 1.5), ("duration-ms='1500'", 1.5), ("time_ms='250'", 0.25), ("elapsedTime='2s'", 2),
            ("durationMs='2 s'", 2), ("executionTime='00:00:03'", 3), ("duration_ns='5e8'", 0.5), ("seconds='4'", 4),
            ("time='7' duration='1'", 7), ("time='' duration='1'", 1), ("runtime='node20'", nil), ("times='3'", nil),
        ] as [(String, Double?)])
    func otherNames(attributes: String, expected: Double?) throws {
        let report = try ReadReport("<testsuite name='s'><testcase name='a' \(attributes)/></testsuite>")
        #expect(report.cases.map(\.seconds) == [expected] && report.summary.warnings == [], "\(report)")
    }

    @Test("merged reports have the seconds that were meant, of suites too")
    func merged() throws {
        let report = try ReadReport.merged(Self.report(["0,160", "1,234", "12,5"], suite: "13,894"))
        #expect(report.cases.map(\.seconds) == [0.16, 1.234, 12.5])
        #expect(abs(report.summary.seconds - 13.894) < 1e-9)
    }
}
