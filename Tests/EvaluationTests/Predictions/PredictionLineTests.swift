import Evaluation
import Testing

@Suite struct PredictionLineTests {
    private func prediction(_ line: String) throws -> Prediction {
        try Prediction(line: Array(line.utf8), file: "p.jsonl", number: 7)
    }

    private func samples(_ line: String) throws -> PassAtK.Samples {
        try PassAtK.Samples(line: Array(line.utf8), file: "p.jsonl", number: 7)
    }

    @Test("fields that aren't asked for are ignored, and null references left out")
    func reading() throws {
        let found = try prediction(#"{"id": [1, {}], "references": [null, "b", ""], "hypothesis": "a\u0000\n"}"#)
        #expect(found == Prediction("a\0\n", references: ["b", ""]))
        #expect(try samples(#"{"task_id": "x", "n": 10, "c": 3.0}"#) == PassAtK.Samples(count: 10, right: 3))
    }

    @Test(
        "what is no prediction is refused, with its place, what was found and what was expected",
        arguments: [
            ("[]", "p.jsonl:7: found a list, expected an object"),
            (#"{"references": ["a"]}"#, "p.jsonl:7: no 'hypothesis', expected a string"),
            (#"{"hypothesis": NaN, "references": ["a"]}"#, "p.jsonl:7: 'hypothesis' is a number, expected a string"),
            (#"{"hypothesis": null, "references": ["a"]}"#, "p.jsonl:7: 'hypothesis' is null, expected a string"),
            (#"{"hypothesis": "a"}"#, "p.jsonl:7: no 'references', expected a list of strings"),
            (
                #"{"hypothesis": "a", "references": "b"}"#,
                "p.jsonl:7: 'references' is a string, expected a list of strings"
            ),
            (
                #"{"hypothesis": "a", "references": ["b", 2]}"#,
                "p.jsonl:7: reference 2 is an integer, expected a string"
            ),
            (
                #"{"hypothesis": "a", "references": []}"#,
                "p.jsonl:7: 'references' has no text, expected at least one reference"
            ),
            (
                #"{"hypothesis": "a", "references": [null]}"#,
                "p.jsonl:7: 'references' has no text, expected at least one reference"
            ),
            (#"{"hypothesis": "a", "hypothesis": "b"}"#, "p.jsonl:7:21: duplicate name 'hypothesis'"),
            (#"{"hypothesis": "\ud800", "references": ["a"]}"#, "p.jsonl:7:23: a lone surrogate"),
            (#"{"hypothesis": "a"#, "p.jsonl:7:18: a string without its closing quote"),
        ])
    func refusal(_ line: String, _ message: String) {
        let error = #expect(throws: DatasetError.self) { try prediction(line) }
        #expect(error?.description == message)
    }

    @Test("text that isn't UTF-8 and deep nesting are refused")
    func hostile() {
        let broken = Array(#"{"hypothesis": ""#.utf8) + [0xFF, 0xFE] + Array(#"", "references": ["a"]}"#.utf8)
        #expect(throws: DatasetError.self) { try Prediction(line: broken, file: "p", number: 1) }
        let deep = #"{"x": "# + String(repeating: "[", count: 100_000)
        #expect(throws: DatasetError.self) { try prediction(deep) }
    }

    @Test(
        "samples that can't be are refused",
        arguments: [
            (#"{"n": 0, "c": 0}"#, "'n' is 0, expected a whole number from 1 to 1000000000"),
            (#"{"n": 5, "c": 6}"#, "'c' is 6, expected a whole number from 0 to 5"),
            (#"{"n": 5, "c": -1}"#, "'c' is -1, expected a whole number from 0 to 5"),
            (#"{"n": 5, "c": 1.5}"#, "'c' is 1.5, expected a whole number from 0 to 5"),
            (#"{"n": NaN, "c": 1}"#, "'n' is NaN, expected a whole number from 1 to 1000000000"),
            (#"{"n": 1e300, "c": 1}"#, "'n' is 1e+300, expected a whole number from 1 to 1000000000"),
            (#"{"n": "5", "c": 1}"#, "'n' is a string, expected a whole number from 1 to 1000000000"),
            (#"{"n": 5}"#, "no 'c', expected a whole number from 0 to 5"),
        ])
    func samples(_ line: String, _ message: String) {
        let error = #expect(throws: DatasetError.self) { try samples(line) }
        #expect(error?.description == "p.jsonl:7: " + message)
    }
}
