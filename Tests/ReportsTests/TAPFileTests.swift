import Reports
import Testing

@Suite("Results in TAP") struct TAPFileTests {
    @Test(
        "what isn't ok counts, but for what is known to fail or was skipped",
        arguments: [
            ("1..2\nok 1\nok 2 - x\n", 0, false), ("1..2\nok 1\nnot ok 2\n", 1, false),
            ("TAP version 13\nnot ok - a\r\n    not ok 1 - b\nok 3\n", 2, false),
            ("not ok 1 # TODO later\nnot ok 2 - x # skip no net\nnot ok 3 # todoist\n", 0, false),
            ("not ok 1 - issue #12\n", 1, false), ("not okay\nnotok\n# not ok 3\n", 0, false), ("not ok", 1, false),
            ("ok 1\nBail out!  no database\n", 0, true), ("", 0, false),
        ])
    func failures(text: String, count: Int, bailsOut: Bool) {
        let found = TAPFile.failures(in: Array(text.utf8))
        #expect(found.count == count && found.bailsOut == bailsOut)
    }
}
