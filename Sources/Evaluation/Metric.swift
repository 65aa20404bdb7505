/// What a model answered to an example's prompt, and whether it is right.
package struct Answer: Sendable {
    package let example: Example
    package let prediction: String
    package let isRight: Bool

    package init(_ prediction: String, to example: Example, judge: any Judge) {
        self.example = example
        self.prediction = prediction
        isRight = judge.accepts(prediction, expected: example.answer)
    }
}

/// Numbers that say how good answers are.
package protocol Metric: Sendable {
    /// The metric's values by name.
    ///
    /// - Precondition: at least one answer.
    func values(of answers: [Answer]) -> [String: Double]
}

extension Metric {
    /// The values of all answers, and by `GROUP.NAME` those of each group of examples that isn't all of them.
    package func valuesByGroup(of answers: [Answer]) -> [String: Double] {
        var groups: [String: [Answer]] = [:]
        for answer in answers {
            for group in answer.example.groups { groups[group, default: []].append(answer) }
        }
        var all = values(of: answers)
        for (group, members) in groups where members.count < answers.count {
            for (name, value) in values(of: members) { all["\(group).\(name)"] = value }
        }
        return all
    }
}

/// The share of right answers, with Wilson's 95% interval, and the number of answers.
package struct Accuracy: Metric {
    package init() {}

    package func values(of answers: [Answer]) -> [String: Double] {
        let share = Proportion(of: answers.map(\.isRight))
        return [
            "accuracy": share.value, "accuracy-low": share.interval.lowerBound,
            "accuracy-high": share.interval.upperBound, "count": Double(share.count),
        ]
    }
}
