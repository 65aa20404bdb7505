/// A format of test tools or of other programs that isn't JUnit XML, known by its documents' root element.
struct ForeignFormat {
    let name: String
    /// Whether its documents say what became of tests.
    private(set) var isOfTests = true
    /// Whether one that can't be read to its end may hide a failure, wherever it breaks off.
    private(set) var isCutNoted = true
    /// Whether one may end without the end tag of its root.
    private(set) var isEndOptional = false
    /// Whether any word of failure is one in a document about tests: `UnknownFormat`.
    private(set) var readsAnyWord = false
    /// The elements whose attributes and texts sum up what became of tests; nil: all of them, since an element that failed is a
    /// test that did.
    private(set) var summaries: Set<String>?
    /// Elements that only count within one of these.
    private(set) var parents: [String: Set<String>] = [:]
    /// Elements that are failures themselves; `JUnitWords.normalized`.
    private(set) var failures: Set<String> = [
        "failure", "fail", "error", "fatalerror", "failedtest", "cunitruntestfailure", "cunitrungroupfailure",
    ]
    /// Words that are no failure here, though they are one elsewhere.
    private(set) var harmless: Set<String> = []

    /// Elements without this attribute failed: what it leaves out is the error.
    private(set) var outcomes: [String: String] = [:]
    /// Attributes of an element that say by this value that it failed.
    private(set) var marks: [String: (attribute: String, value: String)] = [:]
    /// Values of `status` that are failures here, though they are none elsewhere.
    private(set) var statuses: Set<String> = []
    /// Elements of these names and one `id` begin and end a test: one that doesn't end was lost.
    private(set) var span: (start: String, end: String)?
    /// The element that says, in such a parent, by CTest's words why a test didn't run.
    private(set) var obstacle: (element: String, parent: String)?
    /// Elements that hold the exit code of a step, such as of CMake itself.
    private(set) var exitCodes: Set<String> = []
    /// What each element of a name must hold: one without it is a test that was lost.
    private(set) var required: [String: String] = [:]
    /// Elements of which a number says what became of a test.
    private(set) var codes: Codes?
    /// Attributes that say of an element whether it was successful, and such as say nothing.
    private(set) var flags: Set<String> = []
    private(set) var meaningless: Set<String> = []

    /// A number in such an element, which is in a `parent` or has such a `name`.
    struct Codes {
        let element: String
        private(set) var parent: String?
        private(set) var name: String?
        let failing: ClosedRange<Int>
        private(set) var harmless: Set<Int> = []
    }

    /// Of documents that nobody has named: JUnit's own word alone is a failure.
    static let unknown = ForeignFormat(
        name: "another format", isCutNoted: false, readsAnyWord: true, failures: ["failure", "fail"])

    /// By the name of the root element.
    static let named: [String: ForeignFormat] = {
        var named: [String: ForeignFormat] = [:]
        for (name, roots) in tests {
            for root in roots.split(separator: " ") { named[String(root)] = .init(name: name) }
        }
        for (root, name) in others { named[root] = ForeignFormat(name: name, isOfTests: false) }
        // An expression that was expected to fail failed, too.
        for root in ["Catch", "Catch2TestRun", "stoptestrun"] {
            named[root]?.summaries = ["OverallResults", "OverallResult", "OverallResultsCases"]
            named[root]?.failures = ["fatalerrorcondition"]
            named[root]?.required = ["TestCase": "OverallResult"]
        }
        named["doctest"]?.summaries = ["OverallResultsTestCases", "OverallResultsAsserts"]
        named["doctest"]?.failures = []
        // A keyword that failed may have been expected to.
        named["robot"]?.summaries = ["stat", "status"]
        named["robot"]?.failures = []
        // Ranorex and Gallio have a root of this name, too.
        named["report"] = ForeignFormat(
            name: "a coverage report of JaCoCo", isCutNoted: false, readsAnyWord: true, failures: ["failure"])
        named["robot"]?.parents = ["status": ["test", "suite"]]
        named["TestLog"]?.failures.insert("exception")
        // Visual Studio leaves out an outcome of `Error`.
        for element in ["UnitTest", "WebTest", "ManualTest", "GenericTest", "LoadTest", "CodedWebTest", "Test"] {
            named["TestRun"]?.outcomes[element + "Result"] = "outcome"
        }
        named["doctest"]?.marks["Exception"] = ("crash", "true")
        named["events"]?.span = ("started", "finished")
        named["Site"]?.obstacle = ("Value", "NamedMeasurement")
        named["Site"]?.exitCodes = ["ConfigureStatus"]
        // PHPUnit's numbers, of failures, errors and warnings.
        named["tests"]?.statuses = ["3", "4", "6", "7", "8"]
        for root in ["cxxtest-runner", "cxxtest-world"] { named[root]?.failures.insert("cxxtestfailure") }
        // Other programs have roots of these names, too.
        for root in ["Environment", "tests", "Result"] {
            named[root]?.failures = unknown.failures
            named[root]?.isCutNoted = false
        }
        // Visual Studio's numbers: an error, a failure, a timeout and so on; and what isn't one: inconclusive, not executed.
        named["Tests"]?.codes = Codes(element: "value__", parent: "outcome", failing: 0...8, harmless: [4, 7])
        named["Tests"]?.readsAnyWord = true
        // 1 is a warning.
        for root in ["Nodes", "Root"] {
            named[root]?.codes = Codes(element: "Prop", name: "status", failing: 2...3)
            named[root]?.readsAnyWord = true
            named[root]?.isCutNoted = false
            named[root]?.failures = unknown.failures
        }
        // The code is a server's answer, which a test may expect.
        named["testResults"]?.flags = ["s"]
        named["testResults"]?.meaningless = ["rc", "rm", "lb", "tn"]
        named["testResults"]?.readsAnyWord = true
        // Unless it is told to end so, it gives them with an exit code of 0.
        named["valgrindoutput"]?.failures.insert("fatalsignal")
        named["valgrindoutput"]?.harmless = ["running"]
        named["html"]?.isEndOptional = true
        // JUnit Platform's word for an assumption that didn't hold.
        named["events"]?.harmless = ["aborted"]
        return named
    }()

    private static let tests = [
        ("NUnit 3", "test-run"), ("NUnit 2", "test-results"), ("xUnit.net 2", "assemblies"), ("xUnit.net", "assembly"),
        ("TRX of Visual Studio", "TestRun"), ("TestNG", "testng-results"), ("CTest", "Site"), ("FitNesse", "FitNesse"),
        ("Robot Framework", "robot"), ("Cucumber", "features cucumber"), ("UnitTest++", "unittest-results"),
        ("Boost.Test", "TestLog TestResult"), ("Catch2", "Catch Catch2TestRun stoptestrun"), ("doctest", "doctest"),
        ("SonarQube", "TestExecutionReport"), ("SonarQube generic test data", "testExecutions"),
        ("CppUnit", "CppUnit TestRunOutput"), ("CUnit", "CUNIT_TEST_RUN_REPORT"),
        // Without a root, as `-lightxml` writes it, the first of several elements.
        ("Qt Test", "TestCase Environment TestFunction"),
        ("Open Test Reporting", "events execution"), ("Failsafe's summary", "failsafe-summary"),
        ("PHPUnit's TestDox", "tests"), ("CxxTest", "cxxtest-runner cxxtest-world"), ("GLib's gtester", "gtester"),
        ("Squish", "SquishReport"), ("JTHarness", "JTReport"), ("Compatibility Test Suite", "Result"),
        ("MSTest of Visual Studio 2005", "Tests"), ("TestComplete", "Nodes Root"),
        ("JMeter or FitNesse", "testResults"),
        ("Valgrind", "valgrindoutput"),
    ]

    private static let others = [
        "coverage": "a coverage report", "checkstyle": "Checkstyle", "html": "a web page", "project": "a project file",
        "Configuration": "a configuration", "configuration": "a configuration", "phpunit": "a configuration of PHPUnit",
    ]

    /// Whether an attribute's or element's text of the element says something.
    func counts(_ element: String, in parent: String?) -> Bool {
        if let summaries, !summaries.contains(element) { return false }
        guard let parents = parents[element] else { return true }
        return parent.map(parents.contains) ?? false
    }
}
