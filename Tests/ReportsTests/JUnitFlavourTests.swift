import Artifacts
import Catalogue
import Foundation
import Pipelines
import Reports
import Testing

@Suite("The flavours of the JUnit report") struct JUnitFlavourTests {
    private let log: URL
    private static let gate = Gate(metric: "accuracy", comparison: .atLeast, bound: .history(.baseline, offset: -0.01))

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("calm-flavours")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        log = folder.appendingPathComponent("flavour.log")
        // Whole at any moment: other instances read it meanwhile.
        try Data("first try\nsecond try\nthird\u{1B}[0m\n".utf8).write(to: log, options: .atomic)
    }

    private func options(_ flavour: JUnitFlavour) -> JUnitOptions {
        var options = JUnitOptions()
        options.flavour = flavour
        options.folder = log.deletingLastPathComponent().path
        options.command = ["calm", "run", "p q.yaml", "--set", "params.x=1"]
        options.history = [0.9375, 0.875].enumerated().map { index, value in
            MetricRow(run: "r\(9 - index)", startedAt: 1, stage: "made[a=b]", name: "accuracy", value: value)
        }
        return options
    }

    /// A stage that was started three times.
    private func tried(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.result.attempts = 3
        outcome.result.log = log
        outcome.result.failedAttempts = [
            FailedAttempt(failure: StageFailure(.timeout, "too slow"), seconds: 2, logEnd: 10),
            FailedAttempt(failure: StageFailure(.memory, "too large"), seconds: 1, logEnd: 21),
        ]
        return outcome
    }

    private var outcomes: [Outcome] {
        var made = Outcome("made[a=b]", .executed, gates: [Self.gate]).judged(0.5)
        made.gates[0].past = PastValue(bound: 0.74, value: 0.75, origin: "run r1 (the pin baseline)")
        made.result.key = Digest(of: [1])
        made.result.outputs = ["model": Digest(of: [2])]
        made.result.metrics = ["accuracy": 0.5]
        made.result.seconds = 2.5
        made.result.peakMemoryBytes = 4096
        return [
            made, Outcome("kept", .cached), tried(Outcome("flaky", .executed)),
            tried(.failed("exit 1\nat last", .crashed)),
            Outcome("left", .skipped, gates: [Self.gate]),
        ]
    }

    private func root(_ flavour: JUnitFlavour) throws -> Element {
        try #require(parsed(report(outcomes, exit: 4, options: options(flavour))))
    }

    @Test(
        "xmllint reads each", .enabled(if: isValidatorAvailable, "needs xmllint"), arguments: JUnitFlavour.allCases)
    func xmllint(flavour: JUnitFlavour) throws {
        let xml = report(outcomes, exit: 4, options: options(flavour)).xml()
        #expect(try complaint(ofXMLLint: xml) == nil)
        #expect(try complaint(ofXMLLint: xml.dropLast(20)) != nil)
    }

    @Test(
        "each has the same cases of the same names and results, for our own reader too",
        arguments: JUnitFlavour.allCases)
    func cases(flavour: JUnitFlavour) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).xml")
        try report(outcomes, exit: 4, options: options(flavour)).xml().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var lines: [String] = []
        let add = { (item: TestCase) in
            let failures = item.failures.map { " \($0.kind)(\($0.type))" }.joined()
            lines.append("\(item.className)/\(item.name) \(item.status)\(item.isFlaky ? " flaky" : "")\(failures)")
        }
        let summary = try JUnitReader.read(file, again: { lines = [] }, add)
        #expect(
            lines == [
                "toys.stages/made[a=b] passed", "toys.gates/made[a=b] accuracy at least failed failure(gate)",
                "toys.stages/kept passed", "toys.stages/flaky passed flaky flakyError(timeout) flakyError(memory)",
                "toys.stages/broken error error(crashed) rerunError(timeout) rerunError(memory)",
                "toys.stages/left skipped skipped()", "toys.gates/left accuracy at least skipped skipped()",
            ])
        #expect(summary.warnings == [])
        #expect(summary.tests == 7 && summary.failures == 1 && summary.errors == 1 && summary.skipped == 2)
    }

    @Test("a missed gate says what was expected and found, what it was before, and how to run it again")
    func gate() throws {
        let failure = try #require(try root(.jenkins).all("failure").first)
        #expect(failure["message"] == "accuracy: expected >= baseline - 0.01 (0.74), found 0.5")
        #expect(
            failure.text == """
                expected: >= baseline - 0.01 (0.74)
                found: 0.5
                earlier: 0.75, run r1 (the pin baseline)
                in earlier runs, newest first: 0.9375 (r9), 0.875 (r8)

                at p.yaml:3:5, stage made[a=b]
                again: calm run 'p q.yaml' --set params.x=1 'made[a=b]'
                """)
    }

    @Test("each start that failed has its message and its part of the log; the last one's is in the output")
    func reruns() throws {
        let root = try root(.pytest)
        let flaky = try #require(root.testCase("flaky"))
        #expect(flaky.all("flakyError").map { $0["message"] } == ["too slow", "too large"])
        #expect(flaky.all("flakyError").map { $0["type"] } == ["timeout", "memory"])
        #expect(
            flaky.all("stackTrace").map(\.text)
                == ["attempt 1, after 2.0 s: too slow", "attempt 2, after 1.0 s: too large"])
        #expect(
            flaky.all("flakyError").flatMap { $0.all("system-out") }.map(\.text) == ["first try\n", "second try\n"])
        let broken = try #require(root.testCase("broken"))
        #expect(broken.all("error").first?["message"] == "exit 1\nat last")
        #expect(broken.all("rerunError").count == 2)
        #expect(broken.children.last?.text == "failed: no earlier execution\nlog:\nthird#x1B[0m\n")
    }

    @Test("github has file and line, gitlab file and a log by its path in the project, jenkins neither")
    func places() throws {
        for item in try root(.github).all("testcase") { #expect(item["file"] == "p.yaml" && item["line"] == "3") }
        for item in try root(.gitlab).all("testcase") { #expect(item["file"] == "p.yaml" && item["line"] == nil) }
        for flavour in [JUnitFlavour.jenkins, .pytest] {
            for item in try root(flavour).all("testcase") { #expect(item["file"] == nil && item["line"] == nil) }
        }
        func attachments(_ flavour: JUnitFlavour) throws -> [String] {
            try root(flavour).all("system-out").map { String($0.text.prefix { $0 != "\n" }) }.filter {
                $0.hasPrefix("[[")
            }
        }
        #expect(try attachments(.gitlab) == Array(repeating: "[[ATTACHMENT|flavour.log]]", count: 2))
        #expect(try attachments(.jenkins) == Array(repeating: "[[ATTACHMENT|\(log.path)]]", count: 2))
        #expect(try attachments(.github).isEmpty && attachments(.pytest).isEmpty)
    }

    @Test("cases have properties except for jenkins, whose schema forbids them")
    func properties() throws {
        #expect(try root(.jenkins).all("testcase").allSatisfy { $0.all("property").isEmpty })
        for flavour in [JUnitFlavour.gitlab, .github, .pytest] {
            let item = try #require(try root(flavour).testCase("made[a=b]"))
            #expect(
                item.all("property").map { "\($0["name"] ?? "")=\($0["value"] ?? "")" } == [
                    "kind=idle", "state=executed", "reason=no earlier execution", "key=\(Digest(of: [1]))",
                    "output.model=\(Digest(of: [2]))", "metric.accuracy=0.5", "attempts=1", "seconds=2.5",
                    "cpu-seconds=0.0", "peak-memory-bytes=4096",
                ])
            let gate = try #require(try root(flavour).testCase("made[a=b] accuracy at least"))
            #expect(gate.all("property").map { $0["value"] } == ["accuracy", ">= baseline - 0.01", "0.5", "0.74"])
        }
    }

    @Test("no two gates share a name, whatever a metric is called")
    func uniqueNames() throws {
        let first = Outcome("s[x=1]", .executed, gates: [Gate(metric: "y] z", comparison: .above, bound: 0)]).judged(1)
        let second = Outcome("s[x=1] y]", .executed, gates: [Gate(metric: "z", comparison: .above, bound: 0)]).judged(1)
        let names = try #require(parsed(report([first, second]))).all("testcase").map { $0["name"] }
        #expect(names == ["s[x=1]", "s[x=1] y] z above", "s[x=1] y]", "s[x=1] y] z above #2"])
    }

    @Test("a report stays under 30 MB, however many stages fail with however long messages, and loses none")
    func size() throws {
        let message = "first " + String(repeating: "\u{1}", count: 200_000) + " last"
        let failed = (0..<80).map { number in
            var outcome = Outcome("s\(number)", .failed)
            outcome.result.failure = StageFailure(.failed, message)
            return outcome
        }
        #expect(report([failed[0]]).xml().count < 10_000_000)
        let all = report(failed)
        let root = try #require(parsed(all))
        let texts = root.all("error").map(\.text)
        #expect(texts.joined().utf8.count < 30_000_000 && texts.joined().utf8.count > 1_000_000)
        #expect(root["errors"] == "80" && root.all("testcase").count == 80)
        for (number, text) in texts.enumerated() {
            #expect(text.hasPrefix("first #x01") && text.contains(" bytes left out …"))
            #expect(text.hasSuffix("#x01 last\n\nat p.yaml:3:5, stage s\(number)"))
        }
    }
}
