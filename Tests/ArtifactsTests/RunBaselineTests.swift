import Artifacts
import Foundation
import Testing

@Suite("The metrics of a run as a file") struct RunBaselineTests {
    private static let baseline = RunBaseline(
        run: "20261129T201500Z-0a1b2c3d", pipeline: "nightly", startedAt: 1_796_069_700.25,
        stages: [
            "scores[model=small]": .init(metrics: ["accuracy": 0.95, "loss": .nan, "worst": -.infinity]),
            "b": .init(metrics: ["x": 1]),
        ], pin: "baseline", note: "of \"old\"")

    private func problem(_ text: String) -> StoreError? {
        storeError { _ = try RunBaseline(parsing: Array(text.utf8)) }
    }

    @Test("written and read, it is the same: numbers that aren't finite as well, whatever the spaces")
    func roundTrip() throws {
        let text = Self.baseline.text
        #expect(text.split(separator: "\n").contains { $0.hasPrefix("    \"b\": ") }, "a line for each stage")
        for form in [text, text.replacing("\n", with: " "), text.replacing(": ", with: ":  ")] {
            let read = try RunBaseline(parsing: Array(form.utf8))
            #expect(read.text == text && read.run == Self.baseline.run && read.stages["b"] == Self.baseline.stages["b"])
            #expect(read.stages["scores[model=small]"]?.metrics["loss"]?.isNaN == true)
        }
    }

    @Test(
        "each change is found, and what is no baseline",
        arguments: [
            ("0.95", "0.94", StoreError.Code.damaged), ("nightly", "weekly", .damaged), ("old", "new", .damaged),
            ("\"baseline\",\n  \"checksum", "\"pin\",\n  \"checksum", .hostile),
            ("\"format\": 1", "\"format\": 2", .newerFormat), ("\"note\"", "\"nota\"", .hostile),
            ("0.95", "\"much\"", .hostile), ("\"pin\": \"baseline\"", "\"pin\": \"../x\"", .hostile),
        ])
    func changed(_ old: String, _ new: String, _ code: StoreError.Code) throws {
        let text = Self.baseline.text.replacing(old, with: new)
        #expect(text != Self.baseline.text)
        #expect(problem(text)?.code == code, "\(String(describing: problem(text)))")
    }

    @Test("what is no JSON, or cut, is refused")
    func cut() {
        let text = Self.baseline.text
        for count in stride(from: 0, to: text.count - 2, by: 7) {
            #expect(problem(String(text.prefix(count)))?.code == .hostile)
        }
        #expect(problem("[]")?.code == .hostile)
    }
}
