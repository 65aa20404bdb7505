import CKernels
import Foundation
import Tensors

extension KernelCase {
    /// y = f(x, y) element by element. One rounding is half an ulp of the result; where products and their sum are not
    /// fused, each rounds by at most half an ulp of the terms' size.
    static let elementwise = [
        KernelCase(name: "add", limit: 0.5) { size, kind, random in
            let (x, old) = (kind.draw(size, &random), InputKind.ordinary.draw(size, &random))
            var y = old
            calm_add(&y, x, size)
            return (0..<size).map { Sample(y[$0], Double(old[$0]) + Double(x[$0])) }
        },
        KernelCase(name: "sum", limit: 0.5) { size, kind, random in
            let (a, b) = (kind.draw(size, &random), kind.draw(size, &random))
            var y = a
            calm_sum(&y, a, b, size)
            return (0..<size).map { Sample(y[$0], Double(a[$0]) + Double(b[$0])) }
        },
        KernelCase(name: "axpy", limit: 1) { size, kind, random in
            let (x, old, a) = (kind.draw(size, &random), kind.draw(size, &random), random.normal())
            var y = old
            calm_axpy(&y, x, a, size)
            return (0..<size).map { i in
                let product = Double(a) * Double(x[i])
                return Sample(y[i], Double(old[i]) + product, magnitude: abs(Double(old[i])) + abs(product))
            }
        },
        KernelCase(name: "scale", limit: 0.5) { size, kind, random in
            let (x, a) = (kind.draw(size, &random), random.normal())
            var y = x
            calm_scale(&y, x, a, size)
            return (0..<size).map { Sample(y[$0], Double(a) * Double(x[$0])) }
        },
        // 1 - keep is exact for keep >= 1/2; two products and a sum.
        KernelCase(name: "lerp", limit: 1.5) { size, kind, random in
            let (x, old) = (kind.draw(size, &random), kind.draw(size, &random))
            let keep = 0.5 + random.uniform() / 2
            var y = old
            calm_lerp(&y, x, keep, size)
            return (0..<size).map { i in
                let terms = (Double(keep) * Double(old[i]), (1 - Double(keep)) * Double(x[i]))
                return Sample(y[i], terms.0 + terms.1, magnitude: abs(terms.0) + abs(terms.1))
            }
        },
        // 256 squares are summed in Float, in chains of 16 to 64 by the vectors' width; the last are in one of up to 15.
        KernelCase(name: "sum of squares", limit: 3) { size, kind, random in
            let x = kind.draw(size, &random)
            return [Sample(calm_sum_of_squares(x, size), x.reduce(0) { $0 + Double($1) * Double($1) })]
        },
        KernelCase(name: "bias forward", limit: 0.5) { size, kind, random in
            let (old, bias) = (kind.draw(3 * size, &random), kind.draw(size, &random))
            var y = old
            calm_bias_forward(&y, bias, 3, size)
            return y.indices.map { Sample(y[$0], Double(old[$0]) + Double(bias[$0 % size])) }
        },
        // Seven additions one after the other: seven half ulps if all rounded the same way.
        KernelCase(name: "bias backward", limit: 3.5) { size, kind, random in
            let (dy, old) = (kind.draw(7 * size, &random), InputKind.ordinary.draw(size, &random))
            var gradient = old
            calm_bias_backward(&gradient, dy, 7, size)
            return (0..<size).map { c in
                let terms = [Double(old[c])] + (0..<7).map { Double(dy[$0 * size + c]) }
                return Sample(gradient[c], terms.reduce(0, +), magnitude: terms.reduce(0) { $0 + abs($1) })
            }
        },
        KernelCase(name: "dropout", limit: 0.5) { size, kind, random in
            let (x, key, threshold) = (
                kind.draw(size, &random), random.next(), UInt32(truncatingIfNeeded: random.next())
            )
            let scale = 1 + random.uniform()
            var y = x
            calm_dropout(&y, x, size, key, threshold, scale, 0)
            return (0..<size).map { i in
                let kept = mix(mix(UInt32(i) ^ UInt32(truncatingIfNeeded: key)) &+ UInt32(key >> 32)) >= threshold
                return Sample(y[i], kept ? Double(scale) * Double(x[i]) : 0)
            }
        },
        KernelCase(name: "dropout, added", limit: 1) { size, kind, random in
            let (x, key, scale) = (kind.draw(size, &random), random.next(), 1 + random.uniform())
            let old = InputKind.ordinary.draw(size, &random)
            var y = old
            calm_dropout(&y, x, size, key, 0, scale, 1)
            return (0..<size).map { i in
                let product = Double(scale) * Double(x[i])
                return Sample(y[i], Double(old[i]) + product, magnitude: abs(Double(old[i])) + abs(product))
            }
        },
    ]

    /// The gate s = 1 / (1 + exp(t)) inherits the relative error of t times |t| (1 - s), for which the magnitude allows.
    /// exp is clamped at exp(87), where the exact gate may be smaller by up to `clamped`.
    static let gelu = [
        // t rounds four times, exp, 1 + exp, the division and the product with x once each.
        KernelCase(name: "GELU forward", limit: 2.5) { size, kind, random in
            let x = kind.draw(size, &random)
            var y = x
            calm_gelu_forward(&y, x, size)
            return (0..<size).map { i in
                let gate = Gate(x[i])
                let expected = Double(x[i]) * gate.share
                return Sample(
                    y[i], expected, magnitude: abs(expected) * gate.condition, slack: abs(Double(x[i])) * clamped)
            }
        },
        // Two terms, the second a product of six factors. It takes 1 - s of an s that has been rounded near 1, whence the
        // slack.
        KernelCase(name: "GELU backward", limit: 3) { size, kind, random in
            let (x, dy) = (kind.draw(size, &random), InputKind.ordinary.draw(size, &random))
            var dx = x
            calm_gelu_backward(&dx, x, dy, size, 0)
            return (0..<size).map { i in
                let gate = Gate(x[i])
                let (value, up) = (Double(x[i]), Double(dy[i]))
                let steep = value * 2 * (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * value * value)
                let factor = gate.share * steep
                let (first, second) = (gate.share * up, factor * gate.rest * up)
                return Sample(
                    dx[i], first + second, magnitude: (abs(first) + abs(second)) * gate.condition,
                    slack: abs(up) * (abs(factor) * min(0x1p-24, gate.rest) + (1 + abs(steep)) * clamped))
            }
        },
    ]

    /// exp(-87), rounded up.
    private static let clamped = exp(-87) * 1.000_001

    private struct Gate {
        /// s and 1 - s.
        let share: Double
        let rest: Double
        let condition: Double

        init(_ x: Float) {
            let t = -2 * (2 / Double.pi).squareRoot() * (Double(x) + 0.044715 * pow(Double(x), 3))
            share = 1 / (1 + exp(t))
            rest = 1 / (1 + exp(-t))
            condition = 1 + (rest == 0 ? 0 : abs(t) * rest)
        }
    }

    private static func mix(_ bits: UInt32) -> UInt32 {
        var x = bits
        for (shift, factor) in [(16, 0x7feb_352d), (15, 0x846c_a68b)] as [(UInt32, UInt32)] {
            x = (x ^ (x >> shift)) &* factor
        }
        return x ^ (x >> 16)
    }
}

extension KernelCase {
    static let optimizer = [
        // The moments round up to four times, and an update that is larger than its parameter a dozen times.
        KernelCase(name: "AdamW", limit: 6) { size, kind, random in
            let (parameters, gradients) = (kind.draw(size, &random), kind.draw(size, &random))
            let first = kind.draw(size, &random)
            let second = kind.draw(size, &random).map { $0 * $0 }
            var options = calm_adamw(
                rate: 1e-2, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1, correction1: 0.4, correction2: 0.3,
                gradient_scale: 0.5)
            var (p, m, v) = (parameters, first, second)
            calm_adamw_step(&p, &m, &v, gradients, size, &options)
            let (rate, beta1, beta2) = (Double(options.rate), Double(options.beta1), Double(options.beta2))
            return (0..<size).flatMap { i in
                let g = Double(gradients[i]) * Double(options.gradient_scale)
                let moments = (beta1 * Double(first[i]), (1 - beta1) * g)
                let mean = moments.0 + moments.1
                let square = beta2 * Double(second[i]) + (1 - beta2) * g * g
                let kept = Double(parameters[i]) * (1 - rate * Double(options.decay))
                let root = (square / Double(options.correction2)).squareRoot() + Double(options.epsilon)
                let slope = rate / Double(options.correction1) / root
                return [
                    Sample(m[i], mean, magnitude: abs(moments.0) + abs(moments.1)), Sample(v[i], square),
                    // A subnormal mean is only known to 2⁻¹⁴⁹, and its product with the rate, in two steps, to twice that.
                    Sample(
                        p[i], kept - slope * mean,
                        magnitude: abs(kept) + slope * (abs(moments.0) + abs(moments.1)),
                        slack: (slope + 2 / root) * 0x1p-149),
                ]
            }
        }
    ]
}
