import Pipelines
import Stages
import Tasks
import Testing

/// A pipeline of built-in kinds that can't work: the stages as YAML, and where and how planning says so.
struct PlanMistake: CustomTestStringConvertible, Sendable {
    let title: String
    /// What stands below `stages:`, from line 2 on.
    let stages: String
    /// `line:column: ` and how the message goes on, with its telling part.
    let place: String
    let part: String

    init(_ title: String, _ stages: String, at place: String, _ part: String) {
        self.title = title
        self.stages = stages
        self.place = place
        self.part = part
    }

    var testDescription: String { title }
}

@Suite("Mistakes that planning finds in the built-in kinds' parameters") struct PlanErrorTests {
    @Test(
        "each is one diagnostic, at the parameter",
        arguments: PlanMistake.data + PlanMistake.text + PlanMistake.models + PlanMistake.figures + PlanMistake.texts
            + PlanMistake.translations)
    func found(_ mistake: PlanMistake) throws {
        do {
            _ = try PipelineLoader().load(
                text: "stages:\n\(mistake.stages)\nname: p", name: "p.yaml", registry: .builtIn)
            Issue.record("nothing was found")
        } catch {
            #expect(error.diagnostics.count == 1, "\(error)")
            let found = try #require(error.diagnostics.first)
            #expect("\(found.location.line):\(found.location.column)" == mistake.place, "\(found)")
            #expect(found.message.contains(mistake.part), "\(found)")
        }
    }

    @Test("what lies just within the bounds is accepted", arguments: PlanMistake.accepted)
    func accepted(stages: String) {
        #expect(throws: Never.self) {
            try PipelineLoader().load(text: "stages:\n\(stages)\nname: p", registry: .builtIn)
        }
    }
}
