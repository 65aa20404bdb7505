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
        #expect(self.metrics("{\"a\": \"\(String(repeating: "x", count: 200))\"}").words["a"]?.count == 60)
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
        "a name that dots give to two values is refused, as one that stands there twice",
        arguments: [#"{"a.b": 1, "a": {"b": 2}}"#, #"{"x": {"a.b": 1}, "x.a": {"b": "w"}}"#, #"{"a": 1, "a": 2}"#])
    func doubled(_ text: String) {
        let metrics = metrics(text)
        #expect(metrics.numbers.isEmpty && metrics.words.isEmpty)
        #expect(metrics.problem?.hasPrefix("m.json ") == true, "\(metrics.problem ?? "none")")
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
