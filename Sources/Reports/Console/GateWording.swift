import Catalogue
import Pipelines

/// A gate's figures as people read them: four significant digits, and as many more as it takes to see on which side of the bound
/// a value lies.
package struct GateWording {
    /// `>= 0.9`; `>= baseline - 0.01 (0.94)` for one that names earlier runs.
    package let expectation: String
    /// The same with the number in front: `>= 0.94, baseline - 0.01`.
    let bound: String
    /// `0.904`, or that there is none.
    package let finding: String

    /// - Parameter bound: The number that the expectation came to, if it names earlier runs and they have one.
    /// - Parameter missing: What is said where there is no value.
    init(expected: String, bound: Double?, value: Double?, missing: String = "no such metric") {
        let parts = expected.split(separator: " ", maxSplits: 1).map(String.init)
        let number = bound ?? parts.last.flatMap { Double($0) }
        if let bound, parts.count == 2 {
            let figure = Self.text(bound, apartFrom: value)
            expectation = "\(expected) (\(figure))"
            self.bound = "\(parts[0]) \(figure), \(parts[1])"
        } else {
            expectation = expected
            self.bound = expected
        }
        finding = value.map { Self.text($0, apartFrom: number) } ?? missing
    }

    init(_ gate: GateResult) {
        self.init(expected: gate.expected, bound: gate.past?.bound, value: gate.value, missing: gate.finding)
    }

    package init(_ gate: GateRow) {
        self.init(
            expected: gate.expected, bound: gate.bound, value: gate.value, missing: gate.found ?? "no such metric")
    }

    /// A value so close to its bound that four digits make them the same gets more.
    private static func text(_ value: Double, apartFrom bound: Double?) -> String {
        let short = formatted(number: value)
        guard let bound, value.isFinite, bound.isFinite, value != bound else { return short }
        return short == formatted(number: bound) || (Double(short) ?? value) == bound ? "\(value)" : short
    }
}

extension GateResult {
    /// `accuracy 0.904 (>= 0.9) passed`
    func summary(nameWidth: Int, _ canvas: Canvas) -> String {
        let mark = passed ? canvas.styled(canvas.sign("✓", "+"), .green) : canvas.styled(canvas.sign("✗", "x"), .red)
        let wording = GateWording(self)
        let past = past != nil && past?.bound == nil ? ", no earlier value" : ""
        let text = "\(metric) \(wording.finding) (\(wording.bound)\(past)) \(passed ? "passed" : "MISSED")"
        return "  \(mark) \(canvas.spelled(stage).padded(to: nameWidth))  \(canvas.spelled(text))"
    }
}
