import Foundation
import Testing

@Suite("What a composition costs, and results for other documents") struct CostTests {
    @Test("inspect says what each training took, predicted and measured")
    func trainings() throws {
        let workspace = try LearningRun.shared.get()
        let summary = try #require(try workspace.query("inspect", "composed") as? [String: Any])
        let trainings = try #require(summary["training"] as? [[String: Any]])
        #expect(trainings.compactMap { $0["name"] as? String } == ["composition", "anchor, all of it", "augmenting 1"])

        let metrics = try #require(try workspace.query("metrics", "--stage", "corpus") as? [[String: Any]])
        func metric(_ name: String) throws -> Double {
            try #require(metrics.first { $0["metric"] as? String == name }?["value"] as? Double)
        }
        // All sequences are of one length: two numbers of one width and their sum.
        let length = try metric("tokens") / metric("sequences")
        #expect(trainings.compactMap { $0["tokens"] as? Double } == [2 * 4 * length, 4 * 4 * length, 4 * 4 * length])
        for training in trainings {
            let operations = try #require(training["operationsPerToken"] as? Double)
            let seconds = try #require(training["cpuSeconds"] as? Double)
            #expect(operations > 0 && seconds > 0)
            let execution = try #require(training["execution"] as? String)
            #expect(execution.count == 64)
        }
        let text = try workspace.calm("inspect", "composed", "--store", "s").output
        #expect(text.contains("operations a token") && text.contains("augmenting 1") && text.contains("µs a token"))
    }

    @Test("the page has what composition adds and what training took")
    func page() throws {
        let workspace = try LearningRun.shared.get()
        let page = try workspace.calm("report", "latest", "--store", "s", "--html", "-").output
        let section = try #require(page.range(of: "id=\"overhead\"")).upperBound
        let rest = page[section...]
        #expect(rest.contains("Parameters (Appendix C.1)") && rest.contains("Training (Appendix C.2)"))
        #expect(rest.contains("<th scope=\"row\">augmenting</th>"))
    }

    @Test("--tables writes the tables alone, with where they come from")
    func tables() throws {
        let workspace = try LearningRun.shared.get()
        let run = try #require(try workspace.query("show", "latest") as? [String: Any])
        let text = try workspace.calm("report", "latest", "--store", "s", "--tables").output
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "| `accuracy` | `anchor` | `composed` |")
        let row = try #require(lines.first { $0.hasPrefix("| `num-math` |") })
        // Of eight examples each, with half of Wilson's interval; the paper's figure where there is one.
        let metrics = try #require(
            try workspace.query("metrics", "--stage", "scores[model=anchor]") as? [[String: Any]])
        let accuracy = try #require(metrics.first { $0["metric"] as? String == "accuracy" }?["value"] as? Double)
        #expect(row.contains(" \(String(format: "%.1f", accuracy * 100)) ±") && row.contains("(72.0, "))
        #expect(lines.contains("- a note") && lines.contains("- ± is half of Wilson's 95% interval."))
        let last = try #require(lines.last { !$0.isEmpty })
        let id = try #require((run["run"] as? [String: Any])?["run"] as? String)
        #expect(last.hasPrefix("Run `\(id)` of "))
        #expect(last.contains(", on ") && last.contains(" core") && last.contains("of processor time; the run "))
        #expect(!text.contains("| stage |"))
        #expect(try workspace.calm("report", "latest", "latest", "--store", "s", "--tables").exit == 2)
    }
}
