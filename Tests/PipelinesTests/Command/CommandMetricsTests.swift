import Foundation
import Pipelines
import Testing

@Suite("Metrics of commands") struct CommandMetricsTests {
    private func metrics(_ text: String) -> CommandMetrics { CommandMetrics(parsing: Data(text.utf8), named: "m.json") }

    @Test("numbers are metrics, and objects within become names with dots")
    func numbers() {
        let metrics = metrics(#"{"acc": 0.5, "count": 3, "by class": {"a": 1, "b.c": {"d": -2e3}}, "empty": {}}"#)
        #expect(metrics.numbers == ["acc": 0.5, "count": 3, "by class.a": 1, "by class.b.c.d": -2000])
        #expect(metrics.words == ["empty": "{}"])
        #expect(metrics.problem == nil)
    }

    @Test("what is no number is kept as a word, and costs the others nothing")
    func words() {
        let metrics = metrics(
            #"{"model": "resnet", "ok": true, "none": null, "list": [1, 2], "in": {"s": "x"}, "acc": 0.91}"#)
        #expect(metrics.numbers == ["acc": 0.91])
        #expect(
            metrics.words == ["model": #""resnet""#, "ok": "true", "none": "null", "list": "[1,2]", "in.s": #""x""#])
    }

    @Test("NaN and infinities as Python writes them are read as such, and only outside of strings")
    func notFinite() {
        let metrics = metrics(
            #"{"a": NaN, "b": [NaN], "c": Infinity, "d": -Infinity, "e": "NaN", "NaN \" Infinity": 1}"#)
        #expect(metrics.numbers["a"]?.isNaN == true)
        #expect(metrics.numbers["c"] == .infinity && metrics.numbers["d"] == -.infinity)
        #expect(metrics.numbers["NaN \" Infinity"] == 1)
        #expect(metrics.words["e"] == #""NaN""#)
        #expect(metrics.problem == nil)
    }

    @Test(
        "a name that several values have is no metric, and the others are",
        arguments: [
            (#"{"good": 0.5, "a.b": 1, "a": {"b": 2}}"#, "a.b", "both 1 and 2"),
            (#"{"x": {"a.b": 1}, "x.a": {"b": "w"}, "good": 0.5}"#, "x.a.b", #"both 1 and "w""#),
            (#"{"a": 1, "a": 2.50, "good": 0.5, "a": 1}"#, "a", "1, 2.50, 1"),
            (#"{"a": 1, "a": 2, "good": 0.5, "a": null, "a": 4, "a": 5}"#, "a", "1, 2, null and 2 more"),
        ])
    func doubled(_ text: String, _ name: String, _ found: String) {
        let metrics = metrics(text)
        #expect(metrics.numbers == ["good": 0.5] && metrics.words == [name: found], "\(metrics)")
        #expect(metrics.problem == nil)
    }

    @Test(
        "a value that isn't JSON, or beyond a number's range, is a word, and the others are metrics",
        arguments: [
            ("1e400", "1e400"), ("-1e999", "-1e999"), ("nan", "nan"), ("-inf", "-inf"), ("None", "None"), ("+1", "+1"),
            ("01", "01"), (".5", ".5"), ("0x1F", "0x1F"), ("1,", nil), ("", "nothing"), ("1 2", "1 2"),
            (#""\x41""#, #""\x41""#), (#""\uD800""#, #""\uD800""#), ("[NaN]", "[NaN]"), ("[1, 2", nil),
            ("\"\u{1B}[31m\"", #""\"\u001b[31m\"""#), ("[ \"}\", {\"a\": 1} ]", #"["}",{"a":1}]"#),
            (String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000), "["),
        ])
    func oneBad(_ value: String, _ word: String?) {
        let metrics = metrics("{\"good\": 0.5, \"in\": {\"bad\": \(value) },\n \"last\": 2}")
        guard let word else {
            #expect(metrics.problem != nil && metrics.numbers.isEmpty && metrics.words.isEmpty, "\(metrics)")
            return
        }
        #expect(metrics.numbers == ["good": 0.5, "last": 2] && metrics.problem == nil, "\(metrics)")
        let found = metrics.words["in.bad"] ?? ""
        #expect(word == "[" ? found == value : found == word, "\(found.prefix(100))")
    }

    @Test("objects nested without end are a word")
    func deep() {
        let text = String(repeating: "{\"a\":", count: 50_000) + "1" + String(repeating: "}", count: 50_000)
        let metrics = metrics("{\"good\": 0.5, \"x\": \(text)}")
        #expect(metrics.numbers == ["good": 0.5] && metrics.words.count == 1 && metrics.problem == nil)
    }

    @Test("a key that is no JSON string costs the others nothing, and bytes that are no UTF-8 neither")
    func keys() {
        #expect(metrics(#"{"a\x": 1, "b": 2}"#).numbers == [#"a\x"#: 1, "b": 2])
        let bytes = Data(#"{"a": 1, "b"#.utf8) + [0xFF] + Data(#"": "c"}"#.utf8)
        #expect(CommandMetrics(parsing: bytes, named: "m.json").numbers == ["a": 1])
    }

    @Test("values are masked before the file is read, and its problems quote nothing of it")
    func masked() {
        let value = #"abcdefgh"ijklmnop&qrst,"x":1"#
        let mask = SecretMask([value])
        func metrics(_ text: String) -> CommandMetrics {
            CommandMetrics(parsing: Data(text.utf8), named: "m.json", masking: mask)
        }
        #expect(metrics("{\"k\(value)\": 1, \"b\": 2}").numbers == ["k***": 1, "b": 2])
        #expect(metrics("{\"k\": \(value), \"b\": 2}").words == ["k": "***"])
        #expect(metrics("{\"k\": [\(value)").problem?.contains("abc") == false)
        for text in [#"{"abcdefgh"ij": 1}"#, "{abcdefgh", "abcdefgh", #"{"a": "abcdefgh}"#, #"{"a":1} abcdefgh"#] {
            let problem = self.metrics(text).problem ?? ""
            #expect(problem.contains("line 1, column ") && !problem.contains("abcd"), "\(problem)")
        }
        #expect(self.metrics("{\n  \"a\": 1,\n  b").problem?.contains("line 3, column 3: expected a key") == true)
    }

    @Test("a file may begin with a byte order mark, and dots alone cost nothing")
    func dots() {
        #expect(metrics("\u{FEFF}{\"a.b\": 1, \"a\": {\"c\": 2}}").numbers == ["a.b": 1, "a.c": 2])
    }

    @Test(
        "a file that is no JSON object is one problem, which names it",
        arguments: ["", "[1]", "3", "{\"a\": 1", "{'a': 1}", "accuracy=3", "{\"a\": 1} {\"a\": 2}"])
    func broken(_ text: String) {
        let metrics = metrics(text)
        #expect(metrics.numbers.isEmpty && metrics.words.isEmpty)
        #expect(metrics.problem?.hasPrefix("m.json ") == true, "\(metrics.problem ?? "none")")
    }
}
