import Evaluation
import Testing

@Suite struct RatioEstimateTests {
    @Test("the ratio is of sums, not the mean of ratios")
    func value() { #expect(RatioEstimate([(1, 1), (30, 10)]).value == 31.0 / 11) }

    @Test("the interval holds the middle 95% of the ratios of what was drawn, whole units at a time")
    func interval() throws {
        // Each resample of two units takes the next pair of draws: of 1,000 the k-th is all the first unit for k < 30, all the
        // second for the last 20, else one of each.
        var drawn = 0
        let interval = try #require(
            RatioEstimate([(1, 1), (30, 10)]).interval { bound in
                #expect(bound == 2)
                defer { drawn += 1 }
                let resample = drawn / 2
                return resample < 30 ? 0 : resample >= 980 ? 1 : drawn % 2
            })
        #expect(drawn == 2_000)
        #expect(interval.lowerBound == 1 && interval.upperBound == 31.0 / 11)
    }

    @Test("a single unit says nothing of others") func single() {
        #expect(RatioEstimate([(1, 2)]).interval { _ in 0 } == nil)
    }
}
