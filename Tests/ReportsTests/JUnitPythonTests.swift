import Foundation
import Pipelines
import Reports
import Testing

/// Reads a report by junitparser, whose classes for flaky elements are those of Surefire, and validates it by lxml if a
/// schema is given.
private let program = """
    import json, sys
    from junitparser import JUnitXml, xunit2
    from lxml import etree

    document = etree.parse(sys.argv[1])
    if len(sys.argv) > 2:
        schema = etree.XMLSchema(etree.parse(sys.argv[2]))
        assert schema.validate(document), schema.error_log
    report = xunit2.JUnitXml.fromfile(sys.argv[1])
    suites = list(report)
    assert len(suites) == 1
    written = [suites[0].tests, suites[0].failures, suites[0].errors, suites[0].skipped]
    cases = []
    for case in suites[0]:
        interim = [type(result).__name__ for result in case.interim_result]
        results = [type(result).__name__ for result in case.result]
        cases.append([case.classname, case.name, results + interim])
    suites[0].update_statistics()
    counted = [suites[0].tests, suites[0].failures, suites[0].errors, suites[0].skipped]
    assert written == counted, (written, counted)
    assert len({(case[0], case[1]) for case in cases}) == len(cases)
    json.dump(cases, sys.stdout)
    """

private let python = ProcessInfo.processInfo.environment["CALM_JUNIT_PYTHON"]

@Suite(
    "The JUnit report as others read it",
    .enabled(if: python != nil, "needs CALM_JUNIT_PYTHON, an interpreter with junitparser and lxml"))
struct JUnitPythonTests {
    @Test(
        "junitparser finds the cases, their results and exact counts; lxml finds them valid",
        arguments: JUnitFlavour.allCases)
    func read(flavour: JUnitFlavour) throws {
        var options = JUnitOptions()
        options.flavour = flavour
        let gates = [0.5, 0.75].map { Gate(metric: "m \u{1B}", comparison: .atLeast, bound: $0) }
        let tries = [FailedAttempt(failure: StageFailure(.timeout, "slow\u{0}"), seconds: 2, logEnd: 10)]
        var flaky = Outcome("flaky", .executed)
        flaky.result.failedAttempts = tries
        var failed = Outcome.failed("a\u{FFFF}\n🧮]]>", .memory)
        failed.result.failedAttempts = tries
        let outcomes = [
            Outcome("made", .executed, gates: gates).judged(0.6, 0.6), flaky, failed, Outcome("left", .skipped),
        ]
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("report.xml")
        try report(outcomes, options: options).xml().write(to: file)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: python ?? "")
        process.arguments = ["-c", program, file.path]
        if flavour == .jenkins, let schema = ProcessInfo.processInfo.environment["CALM_JUNIT_SCHEMA"] {
            process.arguments?.append(schema)
        }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(complaint)")
        let cases = try #require(try JSONSerialization.jsonObject(with: data) as? [[Any]])
        #expect(
            cases.map { "\($0[0])/\($0[1]) \(($0[2] as? [String] ?? []).joined(separator: " "))" } == [
                "toys.stages/made ", "toys.gates/made m #x1B at least ", "toys.gates/made m #x1B at least #2 Failure",
                "toys.stages/flaky FlakyError", "toys.stages/broken Error RerunError", "toys.stages/left Skipped",
            ])
    }
}
