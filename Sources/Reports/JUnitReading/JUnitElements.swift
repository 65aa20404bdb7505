/// What an element within a test case is.
///
/// Names are read like words (`JUnitWords.normalized`). An element that isn't in the table may be an outcome: a case with one
/// isn't taken for passed.
enum JUnitElement {
    /// Says what became of the case; `kind` is one of `TestCase.Failure`.
    case result(kind: String)
    /// Says so in a word: its text.
    case word
    case output
    case properties
    /// Says that it passed, unless its text or `value` denies it.
    case affirmation
    /// Where an exception came from, if it holds a text: says that the case failed where nothing says otherwise.
    case trace
    /// Only groups other elements.
    case group
    /// Text of the program under test: elements in it mean nothing.
    case opaque
    /// Says nothing of the outcome, unless there is a `failure` or `error` in it, or its `status` says that it failed.
    case silent

    private static let rows: [(JUnitElement, String)] = [
        (.result(kind: "failure"), "failure failed fail assertionfailure"),
        // PHPUnit up to 9, which ends with 1 for one.
        (.result(kind: "failure"), "warning warnings"),
        (
            .result(kind: "error"),
            """
            error errored exception fatal fatalerror systemerror fault crash crashed timeout timedout hang interrupted cancelled \
            canceled killed broken unresolved
            """
        ),
        (
            .result(kind: "skipped"),
            """
            skipped skip ignored ignore disabled notrun notexecuted pending todo omitted excluded untested inconclusive \
            notapplicable assumptionfailure assumptionviolated expectedfailure knownfailure knownissue xfail
            """
        ),
        // Ant's junitlauncher for a failed assumption; PHPUnit's incomplete and risky tests.
        (.result(kind: "skipped"), "aborted incomplete risky"),
        (.result(kind: "flakyFailure"), "flakyfailure flaky"), (.result(kind: "flakyError"), "flakyerror"),
        (.result(kind: "rerunFailure"), "rerunfailure rerun retry"), (.result(kind: "rerunError"), "rerunerror"),
        (.word, "status result outcome state verdict"),
        (.output, "systemout systemerr"), (.properties, "properties"),
        (
            .silent,
            """
            step steps teststep teststeps substep substeps given when then and but background hook hooks setup teardown before \
            after section sections block blocks check checks verification verifications kw keyword msg arg example examples
            """
        ),
        (
            .group,
            "results testcases tests subtests subtest children cases attempts retries reruns iterations iteration executions"
        ),
        (.affirmation, "success passed pass ok succeeded"),
        (.trace, "stacktrace backtrace trace errorstacktrace"),
        (.opaque, "stdout stderr output out console log logs"),
        (
            .silent,
            """
            attachments attachment screenshots screenshot images image \
            video videos artifacts artifact files file url urls link links weblink
            """
        ),
        (
            .silent,
            """
            property tags tag labels label categories category traits trait groups group parameters parameter params param \
            arguments argument requirements requirement issues issue ticket testid testcaseid id uuid key owner author priority severity component
            """
        ),
        (
            .silent,
            """
            description comment comments note notes documentation doc docs details info message text title displayname \
            name metadata meta annotations annotation custom extra data reason context history \
            expected actual statistics stats summary user variables inputs input html report session
            """
        ),
        (
            .silent,
            """
            assertions assertion asserts performance measurements measurement metrics metric benchmarks benchmark time times \
            duration timing timestamp start end started finished memory coverage environment platform device browser hostname \
            location line column source sources code snippet
            """
        ),
    ]

    static let named: [String: JUnitElement] = {
        var named: [String: JUnitElement] = [:]
        for (element, names) in rows { for name in names.split(separator: " ") { named[String(name)] = element } }
        return named
    }()

    /// Whether an element of this name says in a word what became of a case.
    static func isVerdict(_ name: String) -> Bool {
        switch named[JUnitWords.normalized(name)] {
        case .word, .affirmation: true
        default: false
        }
    }

    /// Whether a suite with an element of this name, in no case, failed: `<timeout/>`, `<aborted/>`, `<failures>1</failures>`.
    static func isFailureOfSuite(_ word: String) -> Bool {
        if let count = JUnitCount.named[word], count.isOfFailures || count == .aborted { return true }
        switch named[word] {
        case .result("failure"), .result("error"): return !word.hasPrefix("warn")
        case .result("rerunFailure"), .result("rerunError"): return word != "rerun" && word != "retry"
        case .result("skipped"): return JUnitWords.outcomes[word]?.isFailing == true
        case nil:
            return JUnitWords.outcomes[word]?.isFailing == true && !word.hasPrefix("warn")
                || ["error", "failure", "exception", "crash"].contains(where: word.hasSuffix)
        default: return false
        }
    }
}
