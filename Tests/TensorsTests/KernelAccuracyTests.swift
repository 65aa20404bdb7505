import CKernels
import Tensors
import Testing

/// What a kernel's main input is made of.
enum InputKind: CaseIterable, Sendable {
    /// Standard normal.
    case ordinary
    /// Normal times 2ⁱ for i in -30...30.
    case wide
    /// Of size 2⁻¹³⁰, below the smallest normal number.
    case subnormal
    /// 0 and -0.
    case zero

    func draw(_ count: Int, _ random: inout RandomGenerator) -> [Float] {
        (0..<count).map { _ in
            switch self {
            case .ordinary: random.normal()
            case .wide: random.normal() * Float(sign: .plus, exponent: random.integer(below: 61) - 30, significand: 1)
            case .subnormal: random.normal() * 0x1p-126 * 0x1p-4
            case .zero: random.integer(below: 2) == 0 ? 0 : -0.0
            }
        }
    }
}

/// One number of a kernel's result beside the same in Double.
struct Sample {
    let found: Double
    let expected: Double
    /// The size in whose units of the last place the error is counted: of the result, or of the terms that it sums.
    let magnitude: Double
    /// An absolute error that the kernel may make besides.
    let slack: Double

    init(_ found: Float, _ expected: Double, magnitude: Double? = nil, slack: Double = 0) {
        self.init(Double(found), expected, magnitude: magnitude, slack: slack)
    }

    init(_ found: Double, _ expected: Double, magnitude: Double? = nil, slack: Double = 0) {
        (self.found, self.expected, self.slack) = (found, expected, slack)
        self.magnitude = magnitude ?? abs(expected)
    }

    /// In units of the last place (ulps) of a Float of the size `magnitude`.
    var error: Double {
        if found.isNaN || !magnitude.isFinite { return .infinity }
        return max(abs(found - expected) - slack, 0) / Double(Float(magnitude).ulp)
    }
}

/// A row of the tables of kernels: what it computes on random input, and how wrong that may be.
struct KernelCase: CustomStringConvertible, Sendable {
    let name: String
    /// The largest error in ulps, with its reason beside it in the table; at most twice what was measured with any vector
    /// width.
    let limit: Double
    /// A vector of 16 more or less, primes, and one element.
    var sizes = [1, 2, 15, 16, 17, 31, 257, 1009]
    var kinds = InputKind.allCases
    /// Runs the kernel on some input of `kind` and so many elements or columns.
    let samples: @Sendable (_ size: Int, _ kind: InputKind, _ random: inout RandomGenerator) -> [Sample]

    var description: String { name }

    /// The largest error over all sizes and kinds.
    func error(seed: UInt64) -> Double {
        var worst = 0.0
        for (index, kind) in kinds.enumerated() {
            for size in sizes {
                var random = RandomGenerator(seed: seed, name, index, size)
                for _ in 0..<max(1, 256 / size) {
                    worst = samples(size, kind, &random).reduce(worst) { max($0, $1.error) }
                }
            }
        }
        return worst
    }
}

@Suite("accuracy of the vector kernels")
struct KernelAccuracyTests {
    @Test("errors against Double are within a few ulps", arguments: KernelCase.all, [1, 2])
    func accuracy(kernel: KernelCase, seed: UInt64) {
        let error = kernel.error(seed: seed)
        #expect(error <= kernel.limit, "\(kernel.name), seed \(seed)")
    }

    @Test("a kernel that is off in its 21st bit is caught")
    func wrongKernel() {
        let wrong = KernelCase(name: "2 x", limit: 0.5) { size, kind, random in
            kind.draw(size, &random).map { Sample(2 * $0 * (1 + 0x1p-20), 2 * Double($0)) }
        }
        #expect(wrong.error(seed: 1) > 4)
    }

    @Test("argmax is the first of the largest, whatever surrounds it", arguments: 1...70)
    func argmax(size: Int) {
        var random = RandomGenerator(seed: 3, "argmax", size)
        for _ in 0..<40 {
            // Few different values, so that the largest comes up several times.
            let x = (0..<size).map { _ in Float(random.integer(below: 9)) - 12 }
            let largest = x.max() ?? 0
            #expect(calm_argmax(x, size) == x.firstIndex(of: largest), "\(x)")
        }
        let nothing = [Float](repeating: .nan, count: size)
        #expect(calm_argmax(nothing, size) == 0)
        var one = nothing
        one[size - 1] = -3
        #expect(calm_argmax(one, size) == size - 1)
    }

    @Test("what is not a number is not hidden", arguments: [1, 17])
    func notANumber(size: Int) {
        var x = [Float](repeating: 1, count: size)
        x[size - 1] = .nan
        var y = [Float](repeating: 0, count: size)
        #expect(calm_sum_of_squares(x, size).isNaN)
        calm_gelu_forward(&y, x, size)
        #expect(y[size - 1].isNaN)
        var inverse: Float = 0
        calm_rms_norm_forward(&y, &inverse, x, nil, 1, size, 1e-6)
        #expect(y.allSatisfy { $0.isNaN })
        #expect(inverse.isNaN)
        var correct = 0
        for smoothing: Float in [0, 0.1] {
            #expect(calm_cross_entropy(nil, &correct, x, [0], 1, size, smoothing).isNaN)
            #expect(calm_cross_entropy(&y, &correct, x, [0], 1, size, smoothing).isNaN)
            #expect(y.allSatisfy { $0.isNaN })
        }
    }
}

extension KernelCase {
    static let all = elementwise + gelu + optimizer + norms + loss + moves + attention
}
