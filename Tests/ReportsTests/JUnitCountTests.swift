import Catalogue
import Reports
import Testing

@Suite("What suites call their counts") struct JUnitCountTests {
    private func report(_ attributes: String) throws -> ReadReport {
        try ReadReport("<testsuite name='s' \(attributes)><testcase name='a'/></testsuite>")
    }

    @Test(
        "failures and errors by other names, and none",
        arguments: [
            "fail", "failing", "unsuccessful", "failedTests", "numfailed", "num_failed", "tests-failed", "failureCount",
            "FAILURES", "totalFailures", "broken", "timeouts", "crashed", "numErrors", "killed", "failed_assertions",
        ])
    func failing(name: String) throws {
        #expect(try report("tests='1' \(name)='1'").cases.map(\.status) == [.passed, .error])
        #expect(try report("tests='1' \(name)='0'").summary.incomplete == [])
        #expect(try report("tests='1' \(name)='0'").cases.map(\.status) == [.passed])
        #expect(try report("tests='1' \(name)='yes'").cases.map(\.status) == [.passed, .error])
    }

    @Test(
        "tests by other names",
        arguments: ["total", "testcount", "testCount", "totalTests", "numTests", "number-of-tests", "count"])
    func tests(name: String) throws {
        #expect(try report("\(name)='2'").summary.incomplete == ["the suite 's' declares 2 tests, but holds 1"])
        #expect(try report("\(name)='1'").summary.incomplete == [])
    }

    @Test("more passed than the suite says, and tests that were aborted and aren't there, are missed")
    func passed() throws {
        #expect(
            try report("tests='1' passed='0'").summary.incomplete == [
                "the suite 's' declares 0 passed tests, but holds 1"
            ])
        #expect(
            try report("tests='1' aborted='1'").summary.incomplete == [
                "the suite 's' declares 1 aborted test, but holds 0"
            ])
        // Flaky tests need not count as passed.
        let flaky = "<testsuite tests='1' passed='0' flaky='1'><testcase name='a' flaky='true'/></testsuite>"
        #expect(try ReadReport(flaky).summary.incomplete == [])
    }

    @Test(
        "what has another meaning raises no alarm",
        arguments: [
            "total='0.25'", "count='0'", "timeout='30'", "retries='2'", "passed='1'", "success='True'",
            "skipped='true'",
            "regression='1'", "flaky='1'", "failures='no'", "errors='none'",
        ])
    func others(attribute: String) throws {
        let report = try report("tests='1' \(attribute)")
        #expect(report.summary.incomplete == [] && report.lines == ["s||a passed"], "\(report)")
    }

    @Test(
        "of an attribute that stands there twice, the graver counts, and the report is incomplete",
        arguments: ["failures='0' failures='1'", "failures='1' failures='0'", "status='passed' status='failed'"])
    func twice(attributes: String) throws {
        let report = try report("tests='1' \(attributes)")
        #expect(report.cases.map(\.status) == [.passed, .error])
        #expect(report.summary.incomplete == ["1 element with an attribute that has two values"])
    }
}
