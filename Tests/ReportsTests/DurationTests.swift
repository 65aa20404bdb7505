import Reports
import Testing

@Suite("Durations") struct DurationTests {
    @Test(
        "they are written in the unit that fits, and never as 60 of the smaller one",
        arguments: [
            (0, "0 ms"), (0.0004, "0 ms"), (0.0126, "13 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"), (1, "1.0 s"),
            (12.34, "12.3 s"), (59.94, "59.9 s"), (59.96, "1 min 00 s"), (60, "1 min 00 s"), (185.4, "3 min 05 s"),
            (3_599.4, "59 min 59 s"), (3_599.6, "1 h 00 min"), (3_660, "1 h 01 min"), (7_199.6, "2 h 00 min"),
            (90_000, "25 h 00 min"),
        ])
    func written(seconds: Double, text: String) {
        #expect(formatted(seconds: seconds) == text)
    }
}
