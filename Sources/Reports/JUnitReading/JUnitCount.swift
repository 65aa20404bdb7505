/// What an attribute of a suite counts.
///
/// Its name is read like a word. A stem such as `failed` may have a word for "how many" in front of it and one for what is counted
/// behind it: `failed`, `numFailed`, `failed_tests`, `tests-failed` and `failureCount` all count failures.
enum JUnitCount: Equatable {
    case tests
    /// Counts tests, where nothing else does: other things have such a name, too.
    case total
    case failures, errors, passed
    /// Where `adds`, tests that were skipped for another reason than those under other names.
    case skipped(adds: Bool)
    /// Tests that were aborted: Ant counts failed assumptions so, others crashes.
    case aborted

    private static let failureWords =
        "fail fails failed failing failure failures unexpectedfailure unexpectedfailures wrong unsuccessful notpassed unpassed ko nok notok unexpected"
    private static let errorWords = """
        error errors errored erroneous broken exception exceptions crash crashes crashed timeouts timedout fatal fatals hang hangs \
        hung killed cancelled canceled interrupted unresolved blocked unfinished undefined ambiguous invalid runtimeerror
        """
    private static let passedWords = "passed pass passes passing success successes successful succeeded ok"
    /// What is skipped for one of these reasons isn't skipped for another.
    private static let skippedWords = "skipped skip skips disabled ignored notrun pending todo inconclusive"

    private static let quantities = [
        "", "n", "nb", "num", "number", "numberof", "count", "countof", "total", "totalnumberof", "test", "tests",
    ]
    private static let things = [
        "", "count", "counts", "total", "test", "tests", "testcase", "testcases", "cases", "specs", "scenarios",
        "steps",
        "assertions", "checks", "suites", "testsuites",
    ]

    static let named: [String: JUnitCount] = {
        var named: [String: JUnitCount] = [:]
        func add(_ words: String, _ count: JUnitCount) {
            for stem in words.split(separator: " ") {
                for quantity in quantities {
                    for thing in things { named[quantity + stem + thing] = count }
                }
            }
        }
        add(skippedWords, .skipped(adds: false))
        add(passedWords, .passed)
        add("aborted aborts", .aborted)
        add(errorWords, .errors)
        add(failureWords, .failures)
        for word in skippedWords.split(separator: " ") { named[String(word)] = .skipped(adds: true) }
        for quantity in ["", "n", "nb", "num", "number", "numberof", "count", "countof", "total", "totalnumberof"] {
            for thing in ["tests", "testcases"] {
                for end in ["", "count", "total"] { named[quantity + thing + end] = .tests }
            }
        }
        for word in ["testcount", "testcasecount", "testtotal", "testcasetotal"] { named[word] = .tests }
        for word in [
            "total", "count", "cases", "executed", "testsrun", "testsexecuted", "executedtests", "runtests", "run",
            "ran", "expected", "planned", "expectedtests", "plannedtests",
        ] {
            named[word] = .total
        }
        return named
    }()

    var isOfFailures: Bool { self == .failures || self == .errors }

    /// `3`, ` 3 `, `3.0` and `1,234`. Nil for words and negative numbers; no report has more than 2⁴⁰ tests.
    static func number(_ text: String) -> Int? {
        let digits = text.filter { !$0.isWhitespace && $0 != "," }
        guard let number = Double(digits), number >= 0, number == number.rounded() else { return nil }
        return Int(min(number, 0x1p40))
    }

    /// What programs write for a number that they don't have.
    static let unknowns: Set = ["nan", "undefined", "null", "nil", "na", "unknown", "inf", "infinity"]
}
