import Foundation
import Pipelines
import Reports
import Testing

/// Jenkins' junit-10.xsd, not part of this repository.
private let schema = ProcessInfo.processInfo.environment["CALM_JUNIT_SCHEMA"]
private let validator = URL(fileURLWithPath: "/usr/bin/xmllint")
let isValidatorAvailable = FileManager.default.isExecutableFile(atPath: validator.path)

/// Whether reports can be checked against the schema.
let isSchemaAvailable = schema != nil && isValidatorAvailable

/// What xmllint has to say against `xml`, or nil; of a schema, if one is given.
func complaint(ofXMLLint xml: Data, schema: String? = nil) throws -> String? {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
    try xml.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = validator
    process.arguments = ["--noout", "--nonet"] + (schema.map { ["--schema", $0] } ?? []) + [file.path]
    let pipe = Pipe()
    process.standardError = pipe
    try process.run()
    let words = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? nil : String(decoding: words, as: UTF8.self)
}

@Suite(
    "The JUnit report and its schema",
    .enabled(if: isSchemaAvailable, "needs xmllint, and CALM_JUNIT_SCHEMA with the path of junit-10.xsd"))
struct JUnitSchemaTests {
    func complaint(about xml: Data) throws -> String? {
        try ReportsTests.complaint(ofXMLLint: xml, schema: schema)
    }

    @Test("a run with every outcome is valid")
    func everyOutcome() throws {
        let gates = [0.5, 0.75].map { Gate(metric: "accuracy \u{1B}", comparison: .atLeast, bound: $0) }
        var slow = Outcome("slow]]>", .executed, gates: gates).judged(0.6, .nan)
        slow.result.seconds = 123_456.7891
        var flaky = Outcome("flaky", .executed)
        flaky.result.failedAttempts = [FailedAttempt(failure: StageFailure(.crashed, "x\u{0}"), seconds: 1, logEnd: 0)]
        let xml = report(
            [
                slow, flaky, Outcome("kept", .cached), .failed("a\u{0}b\n🧮", .timeout),
                Outcome("late", .skipped, gates: gates),
            ],
            seconds: 1e7, exit: 4
        ).xml()
        #expect(try complaint(about: xml) == nil)
    }

    @Test("a run that never began is valid, and so is one without stages")
    func nothing() throws {
        let unbegun = JUnitReport(of: "store", messages: [], pipeline: "p", startedAt: Date())
        #expect(try complaint(about: unbegun.xml()) == nil)
        #expect(try complaint(about: report([]).xml()) == nil)
    }

    @Test("the schema finds fault with an invalid report")
    func canFail() throws {
        #expect(try complaint(about: Data("<testsuites><testcase/></testsuites>".utf8)) != nil)
    }
}
