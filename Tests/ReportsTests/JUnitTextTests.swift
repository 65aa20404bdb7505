import Foundation
import Pipelines
import Reports
import Testing

@Suite("Text in the JUnit report") struct JUnitTextTests {
    private func failed(_ message: String) throws -> Element {
        try #require(parsed(report([.failed(message)])), "not well-formed")
    }

    @Test(
        "characters that XML forbids are written as numbers, the others arrive as they were",
        arguments: [
            ("a\u{0}b", "a#x00b"),
            ("\u{1B}[31mred\u{1B}[0m", "#x1B[31mred#x1B[0m"),
            ("\u{FFFE}\u{FFFF}\u{7F}", "#xFFFE#xFFFF\u{7F}"),
            ("a]]>b & <c> \"d\" 'e'", "a]]>b & <c> \"d\" 'e'"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("🧮 → ≥ é \u{10FFFF}", "🧮 → ≥ é \u{10FFFF}"),
            ("\r\n", "\r\n"),
        ])
    func characters(message: String, arrives: String) throws {
        let error = try #require(try failed(message).all("error").first)
        #expect(error["message"] == arrives)
        #expect(error.text == arrives + "\n\nat p.yaml:3:5, stage broken")
    }

    @Test("they are legal in every place: names, parameters, what is skipped, output")
    func everywhere() throws {
        let nasty = "\u{1}<&\"]]>\u{FFFF}"
        let gate = Gate(metric: nasty, comparison: .equal, bound: 1)
        let outcomes = [Outcome(nasty, .executed, gates: [gate]).judged(0), Outcome("s", .skipped, why: nasty)]
        let root = try #require(parsed(report(outcomes)), "not well-formed")
        let legal = "#x01<&\"]]>#xFFFF"
        #expect(root.all("testcase")[0]["name"] == legal)
        #expect(root.all("testcase")[1]["name"] == "\(legal) \(legal) equal")
        #expect(root.all("skipped")[0]["message"] == legal)
        #expect(root.all("system-out")[2].text == "skipped: \(legal)")
    }

    private func output(log: String) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).log")
        try Data(log.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var outcome = Outcome.failed("broken")
        outcome.result.log = file
        return try #require(parsed(report([outcome]))?.all("system-out").first?.text)
    }

    @Test("a failed stage's log is in its output")
    func log() throws {
        #expect(try output(log: "one\ntwo\n") == "failed: no earlier execution\nlog:\none\ntwo\n")
    }

    @Test(
        "a long log is cut to its head and its tail, whatever its characters take",
        arguments: ["x", "é", "🧮"])
    func longLog(character: Character) throws {
        let log = "head" + String(repeating: character, count: 150_000) + "tail"
        let text = try output(log: log)
        #expect(text.utf8.count < 101_000)
        #expect(text.hasPrefix("failed: no earlier execution\nlog:\nhead"))
        #expect(text.hasSuffix("tail"))
        let omitted = try #require(text.firstMatch(of: /… (\d+) bytes left out …/)?.1)
        let marker = "\n… \(omitted) bytes left out …\n"
        let kept = text.utf8.count - marker.utf8.count - "failed: no earlier execution\nlog:\n".utf8.count
        #expect(Int(omitted) == log.utf8.count - kept)
    }

    @Test("a log that is gone leaves the rest of the report whole")
    func lostLog() throws {
        var outcome = Outcome.failed("broken")
        outcome.result.log = URL(fileURLWithPath: "/nowhere/x.log")
        let root = try #require(parsed(report([outcome])))
        #expect(root.all("error").count == 1)
        #expect(root.all("system-out").first?.text == "failed: no earlier execution")
    }
}
