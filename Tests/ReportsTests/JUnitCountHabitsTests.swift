import Catalogue
import Reports
import Testing

@Suite("Writers that count otherwise") struct JUnitCountHabitsTests {
    private static let run =
        "<testcase classname='t' name='a' status='run'/><testcase classname='t' name='b' status='run'/>"
    private static let qt = "<properties><property name='QTestVersion' value='5.15.2'/></properties>"

    @Test(
        "assertions of Catch2 and doctest, messages of Qt are no missing cases",
        arguments: [
            "<testsuites><testsuite name='t' errors='0' failures='0' tests='5' hostname='tbd' time='1'>\(run)</testsuite></testsuites>",
            "<testsuites><testsuite name='t' errors='0' failures='0' tests='7'>\(run)</testsuite></testsuites>",
            "<testsuite errors='1' failures='0' tests='1' name='t'>\(qt)<testcase result='pass' name='a'/></testsuite>",
            "<testsuite errors='0' failures='1' tests='1' name='t'>\(qt)<testcase result='bfail' name='a'/></testsuite>",
        ])
    func others(xml: String) throws {
        let report = try ReadReport(xml)
        #expect(report.summary.incomplete.isEmpty && report.summary.failures + report.summary.errors == 0)
    }

    @Test(
        "what such writers miss is missed nonetheless",
        arguments: [
            "<testsuites><testsuite name='t' errors='1' failures='0' tests='5' hostname='tbd'>\(run)</testsuite></testsuites>",
            "<testsuites><testsuite name='t' errors='0' failures='0' tests='7'><testcase name='a'/></testsuite></testsuites>",
            "<testsuite errors='0' failures='1' tests='1' name='t'>\(qt)<testcase result='pass' name='a'/></testsuite>",
        ])
    func shortages(xml: String) throws {
        let report = try ReadReport(xml)
        #expect(!report.summary.incomplete.isEmpty || report.summary.errors > 0, "\(report.summary)")
    }
}
