import Artifacts
import Catalogue
import Foundation
import ProcessorTime
import Reports
import Testing

@Suite struct JUnitReaderTests {
    /// What a report's cases come to: `suite|class|name status seconds`, then `!` and the kinds of its failures.
    private static func read(_ bytes: Data) throws -> (lines: [String], warnings: [String]) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try bytes.write(to: file)
        var lines: [String] = []
        let add = { (item: TestCase) in
            let failures = item.failures.map { " !\($0.kind)(\($0.message))" }.joined()
            lines.append(
                "\(item.suite)|\(item.className)|\(item.name) \(item.status.rawValue)\(item.isFlaky ? " flaky" : "")"
                    + (item.seconds.map { " \($0)" } ?? "") + failures)
        }
        let summary = try JUnitReader.read(file, again: { lines = [] }, add)
        #expect(summary.tests == lines.count)
        return (lines, summary.warnings)
    }

    private static func refusal(_ bytes: Data) -> String? {
        do {
            _ = try read(bytes)
            return nil
        } catch { return "\(error)" }
    }

    struct Dialect: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let xml: String
        let lines: [String]
        var warning: String?
    }

    /// Written by hand after what each writer writes.
    private static let dialects = [
        Dialect(
            testDescription: "pytest: two cases of one name for a failure and an error after it",
            xml: """
                <?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" tests="1">
                <properties><property name="a" value="b"/></properties>
                <testcase classname="t.test_a" name="test_x[1]" time="0.002"><failure message="assert 1 == 2">def …</failure></testcase>
                <testcase classname="t.test_a" name="test_x[1]" time="0.000"><error message="failed on teardown">#x1B[0m</error></testcase>
                </testsuite></testsuites>
                """,
            lines: [
                "pytest|t.test_a|test_x[1] failed 0.002 !failure(assert 1 == 2)",
                "pytest|t.test_a|test_x[1] error 0.0 !error(failed on teardown)",
            ]),
        Dialect(
            testDescription: "Swift Testing: raw control characters, nine decimals",
            xml:
                "<testsuites><testsuite name=\"TestResults\"><testcase classname=\"M.S\" name=\"f()\" time=\"0.000123456\"><failure message=\"\u{1B}[1mbad\u{0}\" /></testcase></testsuite></testsuites>",
            lines: ["TestResults|M.S|f() failed 0.000123456 !failure(?[1mbad?)"],
            warning: "2 forbidden control characters replaced by '?'"),
        Dialect(
            testDescription: "a bare suite without counts, suites in it, CDATA, a skip",
            xml: """
                <testsuite name="a"><testsuite name="b"><testcase name="x"><failure><![CDATA[<b> & ]]></failure></testcase></testsuite>
                <testcase name="y" classname="C"><skipped/></testcase></testsuite>
                """, lines: ["a/b||x failed !failure()", "a|C|y skipped !skipped()"]),
        Dialect(
            testDescription: "several failures in one case; the gravest counts",
            xml:
                "<testsuite name='a'><testcase name='x'><error message='1'/><failure message='2'/><skipped message='3'/></testcase></testsuite>",
            lines: ["a||x error !error(1) !failure(2) !skipped(3)"]),
        Dialect(
            testDescription: "Surefire: flaky and rerun",
            xml: """
                <testsuite name="s"><testcase name="f" classname="C" time="1"><flakyFailure message="m"><stackTrace>t</stackTrace></flakyFailure></testcase>
                <testcase name="r" classname="C"><failure message="a"/><rerunFailure message="b"/></testcase></testsuite>
                """,
            lines: [
                "s|C|f passed flaky 1.0 !flakyFailure(m)", "s|C|r failed !failure(a) !rerunFailure(b)",
            ]),
        Dialect(
            testDescription: "times with separators, exponents and commas; words are no time",
            xml: "<testsuites><testsuite name='t'>"
                + ["1,234.5", "1,234,567", "1.5e-05", "0,25", "1,5", "NaN", "-1", "soon", " 2 "].enumerated()
                .map { "<testcase name='\($0)' time='\($1)'/>" }.joined() + "</testsuite></testsuites>",
            lines: ["1234.5", "1234567.0", "1.5e-05", "0.25", "1.5", nil, nil, nil, "2.0"].enumerated().map {
                "t||\($0) passed" + ($1.map { " \($0)" } ?? "")
            }, warning: "3 durations can't be understood, such as 'NaN'"),
        Dialect(
            testDescription: "GoogleTest and CTest: what the status says",
            xml:
                "<testsuites><testsuite name='g'><testcase name='a' status='notrun' result='suppressed'/><testcase name='b' status='run'/><testcase name='c' status='fail'/></testsuite></testsuites>",
            lines: ["g||a skipped", "g||b passed", "g||c failed"]),
        Dialect(
            testDescription: "an error of a suite is a case of its own",
            xml: "<testsuite name='s'><error message='no such module'/><testcase name='a'/></testsuite>",
            lines: ["s||(suite) error !error(no such module)", "s||a passed"]),
        Dialect(
            testDescription: "a document type with harmless entities",
            xml:
                "<!DOCTYPE testsuite SYSTEM 'junit.dtd' [<!ENTITY a 'x'><!ENTITY b '&a;&amp;y'>]><testsuite name='&b;'><testcase name='n'><failure>t&b;</failure></testcase></testsuite>",
            lines: ["x&y||n failed !failure()"]),
        Dialect(
            testDescription: "fewer cases than the suite says",
            xml: "<testsuites><testsuite name='s' tests='3'><testcase name='a'/></testsuite></testsuites>",
            lines: ["s||a passed"], warning: "the suite 's' declares 3 tests, but holds 1"),
        Dialect(
            testDescription: "cut off within a case",
            xml: "<testsuites><testsuite name='s'><testcase name='a'/><testcase name='b'><system-out>hel",
            lines: ["s||a passed"], warning: "the file ends within the test case 'b', which is left out"),
        Dialect(
            testDescription: "tags that don't match",
            xml: "<testsuite name='s'><testcase name='a'></testcasx><testcase name='b'/></testsuite>",
            lines: ["s||a passed", "s||b passed"], warning: "not well-formed XML, mended"),
        Dialect(
            testDescription: "signs that should have been escaped, in values and texts",
            xml: """
                <testsuite name='s'><testcase name='a<b' classname='c & d'><failure message='x < y && z &nbsp;'>1 < 2 & 3</failure>
                </testcase><testcase name='z'/></testsuite>
                """,
            lines: ["s|c & d|a<b failed !failure(x < y && z &nbsp;)", "s||z passed"],
            warning: "not well-formed XML, mended"),
        Dialect(
            testDescription: "values without quotes",
            xml: "<testsuite name=s><testcase name=a time=3/><testcase classname=C name=b></testcase></testsuite>",
            lines: ["s||a passed 3.0", "s|C|b passed"], warning: "not well-formed XML, mended"),
        Dialect(
            testDescription: "what a tool printed before the report",
            xml: "running 1 < 2 tests…\n\n<?xml version='1.0'?><testsuite name='s'><testcase name='a'/></testsuite>",
            lines: ["s||a passed"], warning: "not well-formed XML, mended"),
        Dialect(
            testDescription: "references to characters that XML forbids",
            xml:
                "<testsuite name='s&#x1b;'><testcase name='p[&#1;]'><failure message='&#27;[1m&#xFFFF;&#10;&#x41;'/></testcase></testsuite>",
            lines: ["s?||p[?] failed !failure(?[1m?\nA)"],
            warning: "4 forbidden control characters replaced by '?'"),
        Dialect(
            testDescription: "an element's text that only looks like a case",
            xml: """
                <testsuite name='s'><testcase name='a'/><system-out><![CDATA[<testcase name='no'>]]><!-- <testcase name='no'>
                --> &#27;</system-out></testsuite>
                """, lines: ["s||a passed"], warning: "1 forbidden control character replaced by '?'"),
        Dialect(
            testDescription: "a tag without its end, then a case that failed",
            xml:
                "<testsuite name='s'><testcase name='a'><failure message='m'/></testcase><testcase name='b' <failure message='n'/></testcase></testsuite>",
            lines: ["s||a failed !failure(m)", "s||b failed !failure(n)"],
            warning: "not well-formed XML, mended"),
    ]

    @Test("every dialect is read", arguments: dialects)
    func dialect(_ dialect: Dialect) throws {
        for bytes in [Data(dialect.xml.utf8), Data([0xEF, 0xBB, 0xBF] + dialect.xml.utf8)] {
            let (lines, warnings) = try Self.read(bytes)
            #expect(lines == dialect.lines)
            if let warning = dialect.warning {
                #expect(warnings.contains { $0.hasPrefix(warning) }, "\(warnings)")
            } else {
                #expect(warnings == [])
            }
        }
    }

    @Test("UTF-16, with its byte order mark")
    func wide() throws {
        let xml = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><testsuite name=\"ä\"><testcase name=\"日本\"/></testsuite>"
        #expect(try Self.read(try #require(xml.data(using: .utf16))).lines == ["ä||日本 passed"])
    }

    @Test(
        "UTF-16 that isn't well-formed is mended as UTF-8 is",
        arguments: [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian])
    func malformedWide(encoding: String.Encoding) throws {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><testsuite name=\"ä\">"
        let whole = head + "<testcase name=\"six\u{1B}teen\" classname=\"c\"/></testsuite>"
        let (lines, warnings) = try Self.read(try #require(whole.data(using: encoding)))
        #expect(lines == ["ä|c|six?teen passed"] && warnings == ["1 forbidden control character replaced by '?'"])
        let cut = head + "<testcase name=\"a\"/><testcase name=\"b\"><system-out>hel"
        let (some, losses) = try Self.read(try #require(cut.data(using: encoding)))
        #expect(some == ["ä||a passed"])
        #expect(losses.contains("the file ends within the test case 'b', which is left out"), "\(losses)")
    }

    @Test("a file of more than 1 GiB is refused, before it is read")
    func giant() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("<testsuite>".utf8).write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 1 << 30 + 1)
        try handle.close()
        let error = #expect(throws: RefusedReport.self) { try JUnitReader.read(file, again: {}, { _ in }) }
        #expect(error?.reason.contains("expected at most 1073741824") == true)
    }

    @Test("a failure's text is kept, its middle left out if it is long")
    func details() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString).xml")
        defer { try? FileManager.default.removeItem(at: file) }
        let text = "first " + String(repeating: "x", count: 100_000) + " last"
        try "<testsuite><testcase name='a'><failure>\(text)</failure></testcase></testsuite>".write(
            to: file, atomically: true, encoding: .utf8)
        var details = ""
        _ = try JUnitReader.read(file, again: {}, { details = $0.failures[0].details })
        #expect(details.hasPrefix("first xxx") && details.hasSuffix("xxx last") && details.utf8.count < 20_000)
        #expect(details.contains("bytes left out"))
    }

    private static let laughs =
        "<!DOCTYPE t [<!ENTITY l0 'lol'>"
        + (1...9).map { n in "<!ENTITY l\(n) '\(String(repeating: "&l\(n - 1);", count: 10))'>" }.joined()
        + "]><testsuite><testcase name='a'><failure>&l9;</failure></testcase></testsuite>"

    private static func many(_ place: (String) -> String) -> String {
        let references = String(repeating: "&a;", count: 20_000)
        return
            "<!DOCTYPE t [<!ENTITY a '\(String(repeating: "x", count: 900))'>]><testsuite>\(place(references))</testsuite>"
    }

    private static let hostiles: [(String, String)] = [
        ("", "it is empty"),
        ("hello", "no JUnit report: it has no element"),
        ("<html><body/></html>", "no JUnit report: its root element is 'html'"),
        (laughs, "an entity refers to itself"),
        (many { "<testcase name='a'><failure>\($0)</failure></testcase>" }, "expand to more than 1000000"),
        (many { "<testcase name='\($0)'/>" }, "expand to more than 1000000"),
        ("<!DOCTYPE t [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><testsuite name='a'/>", "'e' as external"),
        ("<!DOCTYPE t [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/'> %p;]><testsuite name='a'/>", "'p' as external"),
        ("<!DOCTYPE t [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><testsuite name='a'/>", "isn't declared before it"),
        // The same in files that are malformed before that.
        (
            laughs.replacing("<testsuite>", with: "<testsuite><x></y>")
                .replacing("<testcase name='a'>", with: "<testcase name='&l9;'>"),
            "expands to more than 1000 characters"
        ),
        (
            many { "<x></y><testcase name='\($0)'/>" }, "expand to more than 1000000"
        ),
    ]

    @Test("hostile files and other documents are refused, with the reason", arguments: hostiles.indices)
    func hostile(number: Int) throws {
        // By their numbers: the runner writes arguments out, and these are long.
        let (xml, reason) = Self.hostiles[number]
        let started = processorSeconds()
        let message = try #require(Self.refusal(Data(xml.utf8)), "not refused: \(xml.prefix(60))")
        #expect(message.contains(reason), "\(xml.prefix(60)): \(message.prefix(300))")
        #expect(processorSeconds() - started < 20)
    }

    @Test("a compressed file is said to be one")
    func compressed() {
        #expect(Self.refusal(Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]))?.contains("compressed (gzip)") == true)
    }

    @Test("of a case's many failures the first hundred are kept, and the last decides as well")
    func manyFailures() throws {
        let failures = String(repeating: "<failure message='m'/>", count: 300)
        let (lines, _) = try Self.read(
            Data("<testsuite><testcase name='a'>\(failures)<error/></testcase></testsuite>".utf8))
        #expect(lines.count == 1 && lines[0].hasPrefix("||a error"))
        #expect(lines[0].components(separatedBy: "!failure").count == 101)
    }

    @Test(
        "what varies in a message is masked",
        arguments: [
            ("expected 3, found 41.5", "expected N found N"), ("can't open /tmp/a1/b: no", "can't open PATH no"),
            ("key 'abc' not in \"x y\"", "key '…' not in '…'"), ("object 0x7ffe12 of 3f2a9c1d0b", "object HEX of HEX"),
            ("\n  first   line\nsecond", "first line"), ("test_12 don't", "test_N don't"), ("", ""),
            ("at 09:00:00.5 and 2026-11-25T09:00:00Z", "at TIME and TIME"), ("took 1.5s, 12ms", "took Ns, Nms"),
            ("id 01234567-0000-1111-2222-012345678901!", "id HEX"), ("a.swift:12:3: no", "a.swift:N:N: no"),
        ])
    func shape(message: String, shape: String) { #expect(messageShape(message) == shape) }

    private static let servers: [([String: String], String)] = [
        (
            [
                "GITHUB_ACTIONS": "true", "GITHUB_SHA": "c", "GITHUB_REF_NAME": "main", "GITHUB_JOB": "test",
                "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2",
            ], "c main test 2 github-7-test-2"
        ),
        (
            [
                "GITLAB_CI": "true", "CI_COMMIT_SHA": "c", "CI_COMMIT_BRANCH": "b", "CI_JOB_NAME": "j",
                "CI_JOB_ID": "9",
            ], "c b j - gitlab-9-j"
        ),
        (
            [
                "JENKINS_URL": "u", "GIT_COMMIT": "c", "GIT_BRANCH": "origin/b", "JOB_NAME": "j",
                "BUILD_NUMBER": "4",
            ], "c b j - jenkins-4-j"
        ),
        (
            [
                "CIRCLECI": "true", "CIRCLE_SHA1": "c", "CIRCLE_BRANCH": "b", "CIRCLE_JOB": "j",
                "CIRCLE_BUILD_NUM": "5",
            ],
            "c b j - circleci-5-j"
        ),
        (
            [
                "BUILDKITE": "true", "BUILDKITE_COMMIT": "c", "BUILDKITE_BRANCH": "b", "BUILDKITE_STEP_KEY": "j",
                "BUILDKITE_BUILD_ID": "6", "BUILDKITE_RETRY_COUNT": "1",
            ], "c b j 2 buildkite-6-j-2"
        ),
        (
            [
                "TF_BUILD": "True", "BUILD_SOURCEVERSION": "c", "BUILD_SOURCEBRANCH": "refs/heads/x/b",
                "SYSTEM_JOBDISPLAYNAME": "j", "BUILD_BUILDID": "8", "SYSTEM_JOBATTEMPT": "1",
            ], "c x/b j 1 azure-8-j-1"
        ),
        (["HOME": "/"], "- - - - -"),
    ]

    @Test("CI servers' variables name the run", arguments: servers)
    func variables(variables: [String: String], expected: String) {
        let found = ContinuousIntegration(variables)
        let words = [found.commit, found.branch, found.job, found.attempt.map(String.init), found.name]
        #expect(words.map { $0 ?? "-" }.joined(separator: " ") == expected)
    }
}
