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
            ("\u{FFFE}\u{FFFF}\u{7F}", "#xEF#xBF#xBE#xEF#xBF#xBF\u{7F}"),
            ("a]]>b & <c> \"d\" 'e'", "a]]>b & <c> \"d\" 'e'"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("🧮 → ≥ é \u{10FFFF}", "🧮 → ≥ é \u{10FFFF}"),
            ("\r\n", "\r\n"),
            ("#x1B #x1b #xG0 #x", "#x23x1B #x1b #xG0 #x"),
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
        let legal = "#x01<&\"]]>#xEF#xBF#xBF"
        #expect(root.all("testcase")[0]["name"] == legal)
        #expect(root.all("testcase")[1]["name"] == "\(legal) \(legal) equal")
        #expect(root.all("skipped")[0]["message"] == legal)
        #expect(root.all("system-out")[2].text == "skipped: \(legal)")
    }

    private func output(log: String) throws -> String { try output(log: Data(log.utf8)) }

    private func output(log: Data) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("calm-\(UUID().uuidString).log")
        try log.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var outcome = Outcome.failed("broken")
        outcome.result.log = file
        var options = JUnitOptions()
        options.flavour = .pytest
        return try #require(parsed(report([outcome], options: options))?.all("system-out").first?.text)
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

    /// The bytes that `#xHH` stands for, and all others as they are.
    private func unescaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "#"), rest.dropFirst().first == UInt8(ascii: "x"), rest.count >= 4 {
                let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
                if digits.wholeMatch(of: /[0-9A-F]{2}/) != nil, let value = UInt8(digits, radix: 16) {
                    bytes.append(value)
                    rest = rest.dropFirst(4)
                    continue
                }
            }
            bytes.append(byte)
            rest = rest.dropFirst()
        }
        return bytes
    }

    @Test("any bytes in a log make well-formed XML, from which they can be had back", arguments: 0..<60)
    func anyBytes(seed: UInt64) throws {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        // Surrogates, overlong forms, what lies beyond Unicode, cut characters, what looks like an escape or like XML.
        let pieces: [[UInt8]] = [
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xE2, 0x82],
            [0xF0, 0x9F, 0xA7], [0xEF, 0xBF, 0xBE], [0xEF, 0xBF, 0xBF], [0xEF, 0xBB, 0xBF], [0x0D, 0x0A], [0], [0x1B],
            Array("#x1B".utf8), Array("#x".utf8), Array("]]>".utf8), Array("<&é🧮\u{85}\u{2028}".utf8),
        ]
        var log: [UInt8] = []
        for _ in 0..<next(400) + 1 { log += next(2) == 0 ? [UInt8(next(256))] : pieces[next(pieces.count)] }
        let text = try output(log: Data(log))
        let prefix = "failed: no earlier execution\nlog:\n"
        #expect(text.hasPrefix(prefix))
        #expect(unescaped(text) == Array(prefix.utf8) + log, "seed \(seed)")
    }

    @Test("a long log of any bytes is cut as well", arguments: [UInt8(0x80), 0xF0, 0xFF, 0])
    func longBytes(byte: UInt8) throws {
        let text = try output(log: Data(repeating: byte, count: 1_000_000))
        let omitted = try #require(text.firstMatch(of: /… (\d+) bytes left out …/)?.1)
        #expect(Int(omitted) ?? 0 >= 900_000 && text.utf8.count < 410_000)
    }
}
