/// Documents that test tools write and that aren't JUnit XML, by their root elements: so that a message can say what was found.
enum ForeignDocument {
    private static let formats = [
        "test-run": "NUnit 3", "test-results": "NUnit 2", "assemblies": "xUnit.net 2", "assembly": "xUnit.net",
        "TestRun": "TRX of Visual Studio", "testng-results": "TestNG", "coverage": "a coverage report",
        "report": "a coverage report of JaCoCo", "Site": "CTest", "checkstyle": "Checkstyle", "FitNesse": "FitNesse",
        "robot": "Robot Framework", "features": "Cucumber", "html": "a web page", "project": "a project file",
        "unittest-results": "UnitTest++", "TestLog": "Boost.Test", "TestResult": "Boost.Test",
        "Catch2TestRun": "Catch2",
        "Catch": "Catch2", "doctest": "doctest", "stoptestrun": "Catch2", "TestExecutionReport": "SonarQube",
        "testExecutions": "SonarQube generic test data", "CppUnit": "CppUnit", "TestRunOutput": "CppUnit",
        "cucumber": "Cucumber",
    ]

    /// Of a refusal that says which root element was found: `NUnit 3`, or the element itself.
    static func format(_ refusal: RefusedReport) -> String? {
        guard refusal.isForeign, let start = refusal.reason.firstRange(of: "root element is '") else { return nil }
        let root = String(refusal.reason[start.upperBound...].prefix { $0 != "'" })
        // A name may have a prefix of its namespace.
        let name = root.split(separator: ":").last.map(String.init) ?? root
        return formats[name] ?? "root element '\(root)'"
    }
}
