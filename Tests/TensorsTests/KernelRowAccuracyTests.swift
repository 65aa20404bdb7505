import CKernels
import Foundation
import Tensors

private let rows = 3

extension KernelCase {
    /// A sum of n terms in Float is in 4 to 64 chains by the vectors' width; errors of rounding mostly cancel.
    static let norms = [
        // The sum of squares counts half, being under a root; then five roundings.
        KernelCase(name: "RMS norm forward", limit: 4) { size, kind, random in
            let (x, gain) = (kind.draw(rows * size, &random), InputKind.ordinary.draw(size, &random))
            var (y, inverse, plain) = (x, [Float](repeating: 0, count: rows), x)
            calm_rms_norm_forward(&plain, &inverse, x, nil, rows, size, 1e-6)
            calm_rms_norm_forward(&y, &inverse, x, gain, rows, size, 1e-6)
            return (0..<rows).flatMap { row in
                let range = row * size..<(row + 1) * size
                let squares = x[range].reduce(0) { $0 + Double($1) * Double($1) }
                let factor = 1 / (squares / Double(size) + Double(Float(1e-6))).squareRoot()
                return [Sample(inverse[row], factor)]
                    + range.flatMap { i in
                        let normed = Double(x[i]) * factor
                        // A subnormal x times the factor is rounded before it is multiplied with the gain.
                        let gained = normed * Double(gain[i % size])
                        return [
                            Sample(plain[i], normed), Sample(y[i], gained, magnitude: max(abs(gained), abs(normed))),
                        ]
                    }
            }
        },
        KernelCase(name: "RMS norm backward", limit: 4) { size, kind, random in
            let (x, gain) = (kind.draw(rows * size, &random), InputKind.ordinary.draw(size, &random))
            let (dy, old) = (
                InputKind.ordinary.draw(rows * size, &random), InputKind.ordinary.draw(rows * size, &random)
            )
            var (y, inverse) = (x, [Float](repeating: 0, count: rows))
            calm_rms_norm_forward(&y, &inverse, x, gain, rows, size, 1e-6)
            var (dx, plain, added) = (x, x, old)
            var gainGradient = gain
            calm_rms_norm_backward(&dx, &gainGradient, x, inverse, gain, dy, rows, size, 0)
            calm_rms_norm_backward(&plain, nil, x, inverse, nil, dy, rows, size, 0)
            calm_rms_norm_backward(&added, nil, x, inverse, gain, dy, rows, size, 1)
            var samples: [Sample] = []
            for row in 0..<rows {
                let (range, factor) = (row * size..<(row + 1) * size, Double(inverse[row]))
                func expected(_ gains: [Float]?) -> [(value: Double, magnitude: Double)] {
                    let slopes = range.map { Double(gains?[$0 % size] ?? 1) * Double(dy[$0]) }
                    let normed = range.map { Double(x[$0]) * factor }
                    let mean = zip(slopes, normed).reduce(0) { $0 + $1.0 * $1.1 } / Double(size)
                    let most = zip(slopes, normed).reduce(0) { $0 + abs($1.0 * $1.1) } / Double(size)
                    return zip(slopes, normed).map {
                        (factor * ($0 - $1 * mean), factor * (abs($0) + abs($1) * most))
                    }
                }
                for (i, (gained, bare)) in zip(range, zip(expected(gain), expected(nil))) {
                    samples.append(Sample(dx[i], gained.value, magnitude: gained.magnitude))
                    samples.append(Sample(plain[i], bare.value, magnitude: bare.magnitude))
                    let start = Double(old[i])
                    samples.append(Sample(added[i], start + gained.value, magnitude: abs(start) + gained.magnitude))
                }
            }
            for c in 0..<size {
                let terms = (0..<rows).map {
                    Double(dy[$0 * size + c]) * Double(x[$0 * size + c]) * Double(inverse[$0])
                }
                let start = Double(gain[c])
                samples.append(
                    Sample(
                        gainGradient[c], start + terms.reduce(0, +),
                        magnitude: abs(start) + terms.reduce(0) { $0 + abs($1) }))
            }
            return samples
        },
    ]

    static let loss = [0, 0.1].map { (smoothing: Float) in
        // The gradient's rounding is that of an exponential, a sum and its reciprocal, a product and a difference; the
        // exponent's own rounding counts |x - top| times, for which the magnitude allows. exp is clamped at exp(-87).
        // Smoothing sums all logits, where without AVX2 four chains of 252 may each be off by several ulps.
        KernelCase(name: "cross-entropy, smoothing \(smoothing)", limit: smoothing == 0 ? 4 : 8) { size, kind, random in
            let logits = kind.draw(rows * size, &random)
            let targets = (0..<rows).map { _ in Int32(random.integer(below: size)) }
            var (gradient, correct, hits) = (logits, 0, 0)
            let loss = calm_cross_entropy(&gradient, &correct, logits, targets, rows, size, smoothing)
            let alone = calm_cross_entropy(nil, &hits, logits, targets, rows, size, smoothing)
            var (expectedLoss, lossMagnitude, expectedHits) = (0.0, 0.0, 0)
            var samples: [Sample] = []
            for row in 0..<rows {
                let x = logits[row * size..<(row + 1) * size].map { Double($0) }
                let (top, target) = (x.max() ?? 0, Int(targets[row]))
                let total = x.reduce(0) { $0 + exp($1 - top) }
                expectedHits += x[target] == top ? 1 : 0
                lossMagnitude += 1
                for c in 0..<size {
                    let below = top - x[c]
                    let p = exp(-below) / total
                    let spread = Double(smoothing) / Double(size)
                    let q = (c == target ? 1 - Double(smoothing) : 0) + spread
                    expectedLoss += q * (log(total) + below)
                    lossMagnitude += p * below + spread * below
                    samples.append(
                        Sample(
                            gradient[row * size + c], p - q, magnitude: p * (1 + below) + q,
                            slack: exp(-87)))
                }
            }
            samples.append(Sample(loss, expectedLoss, magnitude: lossMagnitude))
            samples.append(Sample(alone, expectedLoss, magnitude: lossMagnitude))
            samples.append(Sample(Double(correct), Double(expectedHits), magnitude: 0))
            samples.append(Sample(Double(hits), Double(expectedHits), magnitude: 0))
            return samples
        }
    }

    static let moves = [
        // Two products and a sum.
        KernelCase(name: "rotary", limit: 1.5) { half, kind, random in
            let (heads, positions) = (2, [Int32(4), 0, 2])
            let angles = (0..<5 * half).map { _ in 6 * Double(random.uniform()) }
            let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
            let x = kind.draw(rows * heads * 2 * half, &random)
            return [Float(1), -1].flatMap { direction in
                var y = x
                calm_rotary(
                    &y, heads * 2 * half, rows, heads, 2 * half, 2 * half, 0, cosines, sines, positions, direction)
                return (0..<rows * heads).flatMap { head in
                    (0..<half).flatMap { i in
                        let (a, b) = (head * 2 * half + i, head * 2 * half + half + i)
                        let angle = Int(positions[head / heads]) * half + i
                        let (cosine, sine) = (Double(cosines[angle]), Double(direction) * Double(sines[angle]))
                        let (p, q) = (Double(x[a]), Double(x[b]))
                        return [
                            Sample(y[a], p * cosine - q * sine, magnitude: abs(p * cosine) + abs(q * sine)),
                            Sample(y[b], q * cosine + p * sine, magnitude: abs(q * cosine) + abs(p * sine)),
                        ]
                    }
                }
            }
        },
        KernelCase(name: "gather", limit: 0) { size, kind, random in
            let (table, ids) = (kind.draw(5 * size, &random), [Int32(3), 0, 3])
            var y = [Float](repeating: .nan, count: ids.count * size)
            calm_gather(&y, table, ids, ids.count, size)
            return y.indices.map { Sample(y[$0], Double(table[Int(ids[$0 / size]) * size + $0 % size])) }
        },
        // Up to three additions.
        KernelCase(name: "scatter-add", limit: 1.5) { size, kind, random in
            let (dy, old) = (kind.draw(4 * size, &random), InputKind.ordinary.draw(5 * size, &random))
            let ids: [Int32] = [3, 0, 3, 3]
            var gradient = old
            calm_scatter_add(&gradient, dy, ids, ids.count, size)
            return gradient.indices.map { i in
                let sources = ids.indices.filter { ids[$0] == i / size }
                let terms = [Double(old[i])] + sources.map { Double(dy[$0 * size + i % size]) }
                return Sample(gradient[i], terms.reduce(0, +), magnitude: terms.reduce(0) { $0 + abs($1) })
            }
        },
    ]
}
