import Evaluation
import Testing

@Suite struct ProportionTests {
    // R's prop.test(hits, count, correct = FALSE) and statsmodels' proportion_confint(method = "wilson") give these.
    @Test(
        "Wilson's interval",
        arguments: [
            (0, 10, 0.0, 0.277_533), (10, 10, 0.722_467, 1.0), (50, 100, 0.403_832, 0.596_168),
            (1_960, 2_000, 0.972_881, 0.985_278), (1, 1, 0.206_549, 1.0),
        ])
    func interval(hits: Int, count: Int, low: Double, high: Double) {
        let interval = Proportion(hits: hits, count: count).interval
        #expect(abs(interval.lowerBound - low) < 1e-5 && abs(interval.upperBound - high) < 1e-5)
    }
}
