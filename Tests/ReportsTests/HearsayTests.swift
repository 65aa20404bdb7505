import Catalogue
import Reports
import Testing

@Suite("What may say that a case failed, and counts where nothing says otherwise") struct HearsayTests {
    private static func report(_ element: String, _ suite: String = "", _ attributes: String = "") throws -> ReadReport
    {
        try ReadReport(
            "<testsuite name='s' \(suite)><testcase name='a' \(attributes)>\(element)</testcase></testsuite>")
    }

    private static let properties = [
        "<property name='status' value='failed'/>", "<property name='Result'>FAIL</property>",
        "<property name='exit_code' value='1'/>", "<property name='success' value='false'/>",
    ]

    @Test("a property that a writer or a test has given it", arguments: properties)
    func given(property: String) throws {
        let element = "<properties>\(property)</properties>"
        #expect(try Self.report(element).cases.map(\.status) == [.error])
        // A suite that counts its failures, or a case that says that it passed, knows better.
        #expect(try Self.report(element, "failures='0' errors='0'").cases.map(\.status) == [.passed])
        #expect(try Self.report(element, "", "status='passed'").cases.map(\.status) == [.passed])
        #expect(try Self.report(element + "<skipped/>").cases.map(\.status) == [.skipped])
        let suite = try ReadReport("<testsuite name='s'>\(element)<testcase name='a'/></testsuite>")
        #expect(suite.summary.incomplete.count + suite.summary.errors == 1, "\(suite)")
        let counted = try ReadReport("<testsuite name='s' failures='0'><testcase name='a'/>\(element)</testsuite>")
        #expect(property.contains("exit") || counted.summary.incomplete == [], "\(counted)")
    }

    @Test(
        "other properties are data",
        arguments: [
            "<property name='status' value='passed'/>", "<property name='a' value='failed'/>",
            "<property name='error' value='0.01'/>",
        ])
    func data(property: String) throws {
        let report = try Self.report("<properties>\(property)</properties>")
        #expect(report.cases.map(\.status) == [.passed] && report.summary.warnings == [], "\(report)")
    }

    @Test("a stack trace", arguments: ["stackTrace", "trace", "backtrace"])
    func traces(name: String) throws {
        let element = "<\(name)>at x:1</\(name)>"
        #expect(try Self.report(element).cases.map(\.status) == [.error])
        #expect(try Self.report(element, "", "status='passed'").cases.map(\.status) == [.passed])
        #expect(try Self.report("<\(name)> </\(name)>").cases.map(\.status) == [.passed])
        #expect(try Self.report("<skipped/>" + element).cases.map(\.status) == [.skipped])
    }

    @Test("an attribute that isn't known", arguments: ["resultType='FAILURE'", "sttus='failed'", "color='failing'"])
    func attributes(attribute: String) throws {
        #expect(try Self.report("", "", attribute).cases.map(\.status) == [.error])
        #expect(try Self.report("", "", attribute + " status='passed'").cases.map(\.status) == [.passed])
    }

    @Test(
        "names that may be anything", arguments: ["name='failed'", "group='failed'", "expected='failure'", "x='fixed'"])
    func names(attribute: String) throws {
        let report = try ReadReport("<testsuite name='s'><testcase \(attribute)/></testsuite>")
        #expect(report.cases.map(\.status) == [.passed])
    }

    @Test(
        "a word of failure that a reason follows",
        arguments: ["Failed. Execution failed", "FAILED (timeout)", "error: x"])
    func reasons(word: String) throws {
        let report = try Self.report("", "", "status='\(word)'")
        #expect(report.cases.map(\.status).allSatisfy { $0 == .failed || $0 == .error })
        #expect(report.summary.warnings == [], "it is no unknown outcome")
    }

    @Test("counts of what should have run", arguments: ["run", "expected", "planned", "plannedTests"])
    func counts(name: String) throws {
        #expect(
            try Self.report("", "\(name)='5'").summary.incomplete == ["the suite 's' declares 5 tests, but holds 1"])
        #expect(try Self.report("", "\(name)='1'").summary.incomplete == [])
    }

    @Test(
        "a default value of an attribute makes the report incomplete",
        arguments: [
            ("<!ATTLIST testcase status CDATA 'failed'>", true),
            ("<!ATTLIST testcase a CDATA #IMPLIED result (x|y) 'x'>", true),
            ("<!ATTLIST testsuite failures CDATA #FIXED '1'>", true),
            ("<!ATTLIST testcase status CDATA #IMPLIED>", false),
            ("<!ATTLIST testcase lang CDATA 'en'>", false),
        ])
    func defaults(declaration: String, isIncomplete: Bool) throws {
        for body in ["<testcase name='a'/>", "& <testcase name='a'/>"] {
            let report = try ReadReport("<!DOCTYPE testsuite [\(declaration)]><testsuite name='s'>\(body)</testsuite>")
            #expect(report.summary.incomplete.isEmpty != isIncomplete, "\(declaration): \(report.summary)")
        }
    }
}
