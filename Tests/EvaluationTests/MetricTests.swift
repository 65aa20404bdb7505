import Evaluation
import Testing

@Suite struct MetricTests {
    private func answers(_ rows: [(prediction: String, groups: [String])]) -> [Answer] {
        rows.map {
            Answer($0.prediction, to: Example(prompt: "p", answer: "yes", groups: $0.groups), judge: SameText())
        }
    }

    @Test("an answer is right if it is the expected one, character by character")
    func sameText() {
        for (prediction, isRight) in [("yes", true), ("Yes", false), ("yes ", false), ("", false)] {
            #expect(answers([(prediction, [])])[0].isRight == isRight, "\(prediction)")
        }
    }

    @Test("accuracy is the share of right answers with its interval")
    func accuracy() {
        let values = Accuracy().values(of: answers([("yes", []), ("no", []), ("yes", []), ("yes", [])]))
        let share = Proportion(hits: 3, count: 4)
        #expect(
            values == [
                "accuracy": 0.75, "accuracy-low": share.interval.lowerBound,
                "accuracy-high": share.interval.upperBound, "count": 4,
            ])
    }

    @Test("groups have values of their own, but for those that hold every example")
    func groups() {
        let values = Accuracy().valuesByGroup(
            of: answers([("yes", ["all", "short"]), ("no", ["all", "long"]), ("no", ["all", "long"])]))
        #expect(values.count == 12)
        #expect(values["accuracy"] == 1.0 / 3 && values["count"] == 3)
        #expect(values["short.accuracy"] == 1 && values["short.count"] == 1)
        #expect(
            values["long.accuracy"] == 0
                && values["long.accuracy-high"] == Proportion(hits: 0, count: 2).interval.upperBound)
    }
}
