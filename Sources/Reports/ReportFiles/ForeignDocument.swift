import CLibXML2
import Foundation

/// Documents that test tools write and that aren't JUnit XML, by their root elements: so that a message can say what was found.
package enum ForeignDocument {
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

    /// Elements of a format whose attributes sum up what became of tests, and those that are failures themselves.
    private struct Signs {
        var summaries: Set<String> = []
        var failures: Set<String> = []
    }

    /// Of formats whose root alone doesn't say it.
    private static let signs: [String: Signs] = [
        "assemblies": Signs(summaries: ["assembly"]), "TestRun": Signs(summaries: ["ResultSummary", "Counters"]),
        "TestResult": Signs(summaries: ["TestSuite"]),
        "TestLog": Signs(failures: ["Error", "FatalError", "Exception"]),
        "Site": Signs(summaries: ["Test"]), "robot": Signs(summaries: ["stat"]),
        "Catch": Signs(summaries: ["OverallResults", "OverallResult"]),
        "Catch2TestRun": Signs(summaries: ["OverallResults", "OverallResult"]),
        "doctest": Signs(summaries: ["OverallResultsTestCases", "OverallResultsAsserts"]),
        "TestExecutionReport": Signs(failures: ["failure", "error"]),
        "testExecutions": Signs(failures: ["failure", "error"]), "TestRunOutput": Signs(failures: ["FailedTest"]),
        "CppUnit": Signs(failures: ["FailedTest"]),
    ]

    /// Of formats that nobody has named: JUnit's own words, in any letter case.
    private static let unknown = Signs(failures: ["failure", "Failure", "FAILURE"])

    /// What in a document of another format says that tests failed, such as `<test-run result='Failed'>`; nil if nothing does.
    package static func failure(in file: URL) -> String? {
        guard let source = try? XMLSource(file), let reader = try? XMLReader(streaming: source, file.lastPathComponent)
        else { return nil }
        var signs: Signs?
        while (try? reader.next()) == true {
            guard reader.kind == XML_READER_TYPE_ELEMENT else { continue }
            let name = String(cString: reader.name)
            if let signs, !signs.summaries.contains(name), !signs.failures.contains(name) { continue }
            if signs?.failures.contains(name) == true { return "<\(name)>" }
            if let said = verdict(reader) { return "<\(name) \(said)>" }
            if signs == nil {
                signs = Self.signs[name] ?? (formats[name] == nil ? unknown : nil)
                if signs == nil { return nil }
            }
        }
        return nil
    }

    /// The attribute of the current element that says so.
    private static func verdict(_ reader: XMLReader) -> String? {
        var said: String?
        try? reader.attributes { name in
            let word = JUnitWords.normalized(name)
            let isFailing =
                if let count = JUnitCount.named[word], count.isOfFailures || count == .aborted {
                    JUnitCount.number(String(cString: reader.value)).map { $0 > 0 } ?? false
                } else {
                    JUnitAttribute.named[word]?.finding(reader.value) == .failing
                }
            // A warning is no failure of its run in Visual Studio and NUnit 3.
            if isFailing, said == nil, !JUnitWords.normalized(reader.value).hasPrefix("warn") {
                said = "\(String(cString: name))='\(String(cString: reader.value).prefix(40))'"
            }
        }
        return said
    }

    /// Of a refusal that says which root element was found: `NUnit 3`, or the element itself.
    static func format(_ refusal: RefusedReport) -> String? {
        guard refusal.isForeign, let start = refusal.reason.firstRange(of: "root element is '") else { return nil }
        let root = String(refusal.reason[start.upperBound...].prefix { $0 != "'" })
        // A name may have a prefix of its namespace.
        let name = root.split(separator: ":").last.map(String.init) ?? root
        return formats[name] ?? "root element '\(root)'"
    }
}
