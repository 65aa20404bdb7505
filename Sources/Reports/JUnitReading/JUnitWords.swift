import Foundation

/// What one place of a report says of a case, the gravest last.
package enum JUnitOutcome: Int, Comparable {
    /// Nothing: `result=""`, `executed="true"`.
    case silent
    case passed
    /// It failed first and then passed.
    case flaky
    case skipped
    /// It was expected to fail: skipped, also where a failure stands beside it.
    case known
    case failed
    case error

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var isFailing: Bool { self >= .failed }
}

/// The words by which writers say in an attribute (`status`, `result`, `outcome`, `state`, `verdict`), or in the text of an
/// element of such a name, what became of a case.
///
/// A word that isn't in the table is never taken for passed.
package enum JUnitWords {
    /// Words without case, spaces and punctuation: `Not_Run`, `not-run` and `notRun` are all `notrun`.
    package static let rows: [(outcome: JUnitOutcome, words: String, writers: String)] = [
        (
            .passed, "pass passed passing",
            "Qt, Robot, pytest, behave, Cucumber, Karate, Jest, VSTest, NUnit 3, ReportPortal"
        ),
        (
            .passed, "success successful succeeded true ok okay good",
            "NUnit 2, JUnit Platform, Xcode, TAP, Gatling, Boost"
        ),
        (.passed, "run ran completed complete done finished executed", "GoogleTest, CTest, TestComplete"),
        (
            .passed, "fixed cached expected normal focused bpass",
            "Jenkins, Bazel, Playwright, LAVA, Jest, Qt (blacklisted pass)"
        ),
        (.passed, "passedwithwarnings passwithwarnings successwithwarnings passwarn", "TestComplete, Squish"),
        (.flaky, "flaky flakypass passedonretry passedonrerun", "Playwright, nextest, Gradle"),
        (.skipped, "skipped skip skipping", "pytest, Robot, Qt, GoogleTest, NUnit, Jest, Karate, k6"),
        (.skipped, "ignored ignore disabled notrun notran norun suppressed", "NUnit 2, GoogleTest, CTest, Robot, Rust"),
        (.skipped, "notexecuted notimpacted notapplicable notsupported na inconclusive", "VSTest, Azure, NUnit"),
        (
            .skipped, "pending focusedout omitted omit excluded deselected filtered",
            "Mocha, RSpec, Jest, test-unit, TAP"
        ),
        (
            .skipped, "untested unsupported notstarted nottested notimplemented deferred",
            "behave, DejaGnu, lit, TestRail"
        ),
        (.skipped, "untestedpending untestedundefined pendingwarn", "behave"),
        (.skipped, "assumptionfailed assumptionfailure assumptionviolated assumptionviolation", "JUnit 4, Tradefed"),
        (
            .known, "xfail xfailed expectedfail expectedfailure expectedtofail bfail bxfail bxpass",
            "pytest, Qt, Xcode, lit"
        ),
        (
            .known, "todo known knownfailure knownissue knownbug kfail quarantined mayfail muted",
            "Jest, Node, DejaGnu, TeamCity, Catch2"
        ),
        (
            .failed, "fail failed failing failure unsuccessful false ko nok notok bad",
            "every writer; Gatling, TAP, TestNG"
        ),
        (
            .failed, "xpass xpassed upass kpass unexpected unexpectedpass unexpectedsuccess",
            "DejaGnu, Qt, lit, Playwright"
        ),
        (.failed, "regression unstable notpassed unpassed rejected mismatch", "Jenkins, Applitools"),
        (.failed, "warning warn warned warnings", "PHPUnit up to 9, which then ends with 1; NUnit 3"),
        (.failed, "rerun retry retried", "pytest-rerunfailures: this attempt failed"),
        (
            .error, "error errored errors err erroneous exception broken fatal fault faulted invalid",
            "PHPUnit, Allure, NUnit, Katalon, Boost"
        ),
        (
            .error, "crash crashed segfault oom outofmemory killed hung hang abort aborted",
            "VSTest, LAVA, Boost, Tcl, lit"
        ),
        (
            .error, "timeout timedout cancel canceled cancelled interrupted stopped",
            "VSTest, Playwright, nextest, ReportPortal"
        ),
        (.error, "blocked disconnected passedbutrunaborted notrunnable warningrunaborted", "VSTest, NUnit 2"),
        (
            .error, "incomplete unfinished notfinished notcompleted inprogress running started",
            "Katalon, VSTest, Eclipse"
        ),
        (
            .error, "undefined ambiguous unresolved executing hookerror cleanuperror setuperror",
            "Cucumber, Behat, behave, DejaGnu"
        ),
    ]

    static let outcomes: [String: JUnitOutcome] = {
        var outcomes: [String: JUnitOutcome] = ["": .silent]
        for row in rows { for word in row.words.split(separator: " ") { outcomes[String(word)] = row.outcome } }
        return outcomes
    }()

    /// What the text says; nil if it is no known word, and doesn't begin with one of failure that a reason follows.
    static func outcome(of text: UnsafePointer<CChar>) -> JUnitOutcome? { outcomes[normalized(text)] ?? failure(text) }

    /// What `Failed. Execution failed` and `error: no such file` say by their beginning. Only of failures: of what passed, the rest
    /// may take it back.
    private static func failure(_ text: UnsafePointer<CChar>) -> JUnitOutcome? {
        let start = UnsafeRawBufferPointer(start: text, count: strnlen(text, 64))
        guard let end = start.firstIndex(where: ".:;,(".utf8.contains), end > 0 else { return nil }
        return outcomes[normalized(String(decoding: start[..<end], as: UTF8.self))].flatMap { $0.isFailing ? $0 : nil }
    }

    /// Whether CTest says so of a test that didn't run and counts as failed for that.
    static func isObstacle(_ message: String) -> Bool {
        let message = message.lowercased()
        return obstacles.contains(where: message.hasPrefix)
    }

    private static let obstacles = [
        "unable to find", "required file", "missing", "fixture dependency failed", "failed", "insufficient resources",
        "could not", "not available", "bad command",
    ]

    /// The text without ASCII's case, spaces and punctuation. No allocation for up to 15 bytes.
    static func normalized(_ text: UnsafePointer<CChar>) -> String {
        var length = 0
        while text[length] != 0, length <= 64 { length += 1 }
        return String(unsafeUninitializedCapacity: length) { buffer in
            var count = 0
            for index in 0..<length {
                let byte = UInt8(bitPattern: text[index])
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): buffer[count] = byte | 0x20
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
                    buffer[count] = byte
                default: continue
                }
                count += 1
            }
            return count
        }
    }
}
